import { ConfigError } from "@ssl-vit/core";
import type { LibraryHandle } from "koffi";
import { loadKoffi } from "./load-koffi.js";
import type { Launcher, MpiFamily } from "./launcher.js";
import { abiOf, type MpiAbi } from "./mpi-abi.js";

/** Names under which the system's loader finds libmpi: of Open MPI 4 and 5, of MPICH's ABI, and of MPICH in Debian. */
const names = {
  "Open MPI": ["libmpi.so.40", "libmpi.40.dylib"],
  MPICH: ["libmpi.so.12", "libmpich.so.12", "libmpi.12.dylib"],
} as const satisfies Record<MpiFamily, readonly string[]>;

/** A libmpi that was found. */
export interface Libmpi {
  readonly handle: LibraryHandle;
  readonly abi: MpiAbi;
  /** `"Open MPI 4.1.4"`. */
  readonly version: string;
  readonly path: string;
  /** Where an array's memory is, as MPI takes it. */
  readonly address: (view: ArrayBufferView) => bigint;
}

/** MPI_MAX_LIBRARY_VERSION_STRING is 256 in one, 8192 in the other. */
const VERSION_BYTES = 8192;

function askVersion(handle: LibraryHandle): string {
  const [text, length] = [new Uint8Array(VERSION_BYTES), new Int32Array(1)];
  (handle.func("MPI_Get_library_version", "int", ["void *", "void *"]) as (text: Uint8Array, length: Int32Array) => number)(text, length);
  return new TextDecoder().decode(text.subarray(0, length[0])).replaceAll("\0", "").trim();
}

/** `Open MPI v4.1.4, package: …` and `MPICH Version:\t4.0.2\nMPICH …` as a name and a number. */
function shortVersion(family: MpiAbi["family"], text: string): string {
  const number = /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? "";
  const name = family === "MPICH" ? (/Intel\(R\) MPI|MVAPICH\w*/i.exec(text)?.[0] ?? "MPICH") : family;
  return `${name} ${number}`.trim();
}

function load(path: string): Libmpi {
  // UCX, on which Debian's MPICH is built, tries out at its start whether it sees memory come and go, and may take memory away from Node's other threads
  // with that (a crash in 7 of 200 starts of four ranks, in none without). What it is for, remembering registered memory, pays for InfiniBand alone.
  process.env["UCX_MEM_EVENTS"] ??= "no";
  // For sums in place Open MPI takes a binomial tree by itself, whose root sends everything log2(W) times; Rabenseifner's way sends it twice.
  process.env["OMPI_MCA_coll_libnbc_iallreduce_algorithm"] ??= "3";
  const koffi = loadKoffi();
  // Open MPI loads its own plug-ins, which look for its symbols among the global ones.
  const handle = koffi.load(path, { global: true, lazy: true });
  const text = askVersion(handle);
  const abi = abiOf(text, handle);
  if (abi === undefined) {
    throw new ConfigError({ package: "distributed", what: `MPI library ${path}`, expected: "Open MPI, MPICH or one with MPICH's ABI", received: JSON.stringify(text.slice(0, 80)) });
  }
  return { handle, abi, version: shortVersion(abi.family, text), path, address: (view) => koffi.address(view) };
}

const install =
  "Install it: apt install openmpi-bin (or mpich), dnf install openmpi, brew install open-mpi; on a cluster: module load openmpi. SSL_VIT_MPI=/path/to/libmpi.so names one that lies elsewhere.";

/**
 * Finds the system's libmpi: `SSL_VIT_MPI` where it is set, otherwise the one that belongs to the launcher.
 *
 * @param families in which order to look
 * @throws ConfigError when there is none, or one that is not MPI
 */
export function openLibmpi(families: Launcher["families"], given = process.env["SSL_VIT_MPI"]): Libmpi {
  if (given !== undefined && given !== "") {
    try {
      return load(given);
    } catch (error) {
      if (ConfigError.isInstance(error)) throw error;
      throw new ConfigError({ package: "distributed", what: "SSL_VIT_MPI", expected: "the path of a libmpi", received: `${given} (${(error as Error).message})` }, { cause: error });
    }
  }
  const tried: string[] = [];
  for (const name of families.flatMap((family) => names[family])) {
    try {
      return load(name);
    } catch (error) {
      if (ConfigError.isInstance(error)) throw error;
      tried.push(name);
    }
  }
  const expected = families.length > 1 ? "a libmpi" : `the libmpi of ${families.join()}, whose launcher started this process`;
  throw new ConfigError({ package: "distributed", what: "MPI", expected, received: `none under the names ${tried.join(", ")}`, fix: install });
}
