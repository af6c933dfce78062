import type { LibraryHandle } from "koffi";
import type { MpiFamily } from "./launcher.js";

/** A handle of MPI (communicator, type, operation): an address in Open MPI, a number in MPICH. */
export type MpiHandle = number | bigint;

/** What differs between the two families of libmpi: their handles, and the values of constants that mpi.h has. */
export interface MpiAbi {
  readonly family: MpiFamily;
  /** How koffi passes a handle. */
  readonly handleType: "void *" | "int";
  readonly world: MpiHandle;
  readonly byte: MpiHandle;
  readonly float: MpiHandle;
  readonly sum: MpiHandle;
  /** MPI_ERRORS_RETURN */
  readonly errorsReturn: MpiHandle;
  /** MPI_IN_PLACE and MPI_STATUS_IGNORE, as addresses. */
  readonly inPlace: bigint;
  readonly statusIgnore: bigint;
  readonly anySource: number;
  /** Where MPI_Status has its source, in bytes. */
  readonly sourceOffset: number;
  /** Reads a handle that MPI wrote, as MPI_Comm_dup does. */
  readHandle(bytes: DataView): MpiHandle;
}

/** Open MPI 4 and 5: handles are addresses of the library's own objects (ompi/include/mpi.h.in). */
const openMpi = (library: LibraryHandle): MpiAbi => {
  const symbol = (name: string): bigint => library.symbol(`ompi_mpi_${name}`) as bigint;
  return {
    family: "Open MPI",
    handleType: "void *",
    world: symbol("comm_world"),
    byte: symbol("byte"),
    float: symbol("float"),
    sum: symbol("op_sum"),
    errorsReturn: symbol("errors_return"),
    inPlace: 1n,
    statusIgnore: 0n,
    anySource: -1,
    sourceOffset: 0,
    readHandle: (bytes) => bytes.getBigUint64(0, true),
  };
};

/** MPICH's ABI, which Intel MPI, MVAPICH and Cray MPICH share (src/include/mpi.h.in; https://www.mpich.org/abi). */
const mpich: MpiAbi = {
  family: "MPICH",
  handleType: "int",
  world: 0x44000000,
  byte: 0x4c00010d,
  float: 0x4c00040a,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  inPlace: 2n ** 64n - 1n, // (void *) -1
  statusIgnore: 1n,
  anySource: -2,
  sourceOffset: 8,
  readHandle: (bytes) => bytes.getInt32(0, true),
};

/** The ABI of a library by what it says of itself; undefined for a family that is not known. */
export function abiOf(version: string, library: LibraryHandle): MpiAbi | undefined {
  if (version.includes("Open MPI")) return openMpi(library);
  return /MPICH|MVAPICH|Intel\(R\) MPI/i.test(version) ? mpich : undefined;
}
