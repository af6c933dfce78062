/**
 * Data-parallel training over the MPI of the host. Checked against MPI 4.0 (https://www.mpi-forum.org/docs) with Open MPI 4.1 and MPICH 4.0.
 */
import { fstatSync, writeSync } from "node:fs";
import { changeableValues, ConfigError, differentiableCollective, type PendingSum, type ProcessGroup, ShapeError, singleProcess } from "@ssl-vit/core";
import { mul, tensor } from "@tensorflow/tfjs-core";
import { callQueue } from "./call-queue.js";
import { endedUnlessWithin } from "./ended-unless.js";
import { findLauncher, type Launcher } from "./launcher.js";
import { type MpiCalls, type MpiRequest, startMpi } from "./mpi-calls.js";
import { type Libmpi, openLibmpi } from "./open-libmpi.js";
import { fairThreads, nameOfPlace, type Place, placeOfThisProcess } from "./places.js";
import { PeerFailure, watchCalls } from "./watched-wait.js";

/** Options of {@link mpi}. */
export interface MpiOptions {
  /** Seconds that a rank may be late for a call before all are ended. Default 600. */
  readonly timeout?: number;
  /** Without a launcher, run as the only rank in place of an error, and without MPI. Default false. */
  readonly single?: boolean;
}

/** The ranks of an MPI job. */
export interface MpiGroup extends ProcessGroup {
  /** Threads for this rank's engine, so that the ranks of a host do not take more than its processors. */
  readonly threads: number;
  /** Leaves MPI, once all ranks have come here. Nothing of the group can be used afterwards, and MPI cannot be started again in this process. */
  close(): void;
}

/** Numbers of one transfer; call-queue.ts says why. */
const NUMBERS_AT_ONCE = 2 ** 16;
/** Bytes of one broadcast or gather; MPI counts in 32 bits. */
const BYTES_AT_ONCE = 2 ** 28;
const MOST_BYTES = 2 ** 31 - 1;
/** Milliseconds in which ranks that fail together agree on who tells, and which others have to note what they heard before all are ended. */
const AGREE_MS = 500;
const KILLED_WITHIN_MS = 5_000;
/** Milliseconds that MPI's own ends may take: when all is lost, and when all is saved. */
const ABORT_WITHIN_MS = 5_000;
const FINALIZE_WITHIN_MS = 15_000;

let isStarted = false;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The library must belong to the launcher: another one takes every process for the only one. */
function assertTogether({ size }: MpiCalls, launcher: Launcher, { version, path }: Libmpi): void {
  if (launcher.size === undefined || launcher.size === size) return;
  throw new ConfigError({
    package: "distributed",
    what: `ranks of ${version} (${path})`,
    expected: `${launcher.size}, as ${launcher.name} started`,
    received: String(size),
    fix:
      launcher.name === "srun"
        ? "The library and srun do not find each other: try srun --mpi=pmix or --mpi=pmi2 (srun --mpi=list), or name the cluster's libmpi by SSL_VIT_MPI."
        : "The launcher is of another MPI than the library: start with that of the library, or name the launcher's libmpi by SSL_VIT_MPI.",
  });
}

/** MPICH's launcher leaves its ranks an open socket, which does not go through a program in between that starts its own with nothing but the usual streams, as npx does. */
function assertConnected({ abi }: Libmpi): void {
  const socket = process.env["PMI_FD"];
  if (abi.family !== "MPICH" || socket === undefined) return;
  try {
    // As bigint: after a plain fstat of a socket Node 20 takes the next symbolic link on its way to a module for none, and loads the module twice.
    if (fstatSync(Number(socket), { bigint: true }).isSocket()) return;
  } catch {
    // Told below.
  }
  throw new ConfigError({
    package: "distributed",
    what: "MPI",
    expected: "the launcher's socket, which it left this process",
    received: "none",
    fix: "npx and pnpm do not pass it on: start node_modules/.bin/ssl-vit (or node train.js) in their place, or give MPICH's mpirun the option -pmi-port.",
  });
}

/**
 * Joins the MPI job that `mpirun` or `srun` started this process in: `train({ …, distributed: await mpi() })`. One call a process.
 *
 * @throws ConfigError without a launcher (unless `single`), without libmpi, with one that is not the launcher's, or when the launcher cannot be reached
 */
export function mpi(options: MpiOptions = {}): Promise<MpiGroup> {
  return new Promise((resolve) => {
    resolve(join(options));
  });
}

function join({ timeout = 600, single = false }: MpiOptions): MpiGroup {
  if (!(timeout > 0)) throw new ConfigError({ package: "distributed", what: "timeout", expected: "seconds above 0", received: String(timeout) });
  if (isStarted) throw new ConfigError({ package: "distributed", what: "mpi", expected: "one call in a process", received: "another", fix: "Keep the group that the first call gave." });
  const launcher = findLauncher(process.env);
  if (launcher === undefined && single) return onlyRank();
  if (launcher === undefined) {
    throw new ConfigError({
      package: "distributed",
      what: "mpi",
      expected: "a process started by mpirun or srun",
      received: "one started by itself",
      fix: "Put mpirun -n 4 (or srun -n 4) before the command; --distributed-single (mpi({ single: true })) runs it as the only rank.",
    });
  }
  const library = openLibmpi(launcher.families);
  // Open MPI ends a process that finds nobody to talk to, without coming back here.
  if (launcher.name === "srun" && library.abi.family === "Open MPI" && process.env["PMIX_RANK"] === undefined && launcher.rank === 0) {
    writeSync(2, `srun has not been told to speak PMIx, which ${library.version} needs as a rule: if it fails now, start with srun --mpi=pmix (srun --mpi=list)\n`);
  }
  assertConnected(library);
  isStarted = true;
  const calls = endedUnlessWithin(timeout * 1000, `error: [@ssl-vit/distributed] MPI_Init: expected all ranks within ${timeout} s, received too few. One of them has ended, or has not been started with --distributed mpi (mpi()).`, () => startMpi(library));
  assertTogether(calls, launcher, library);
  return groupOf(calls, library.version, timeout * 1000);
}

/** The group of a process that nothing started as one of several. */
function onlyRank(): MpiGroup {
  const place = placeOfThisProcess();
  const fail = (error: unknown): never => {
    throw error instanceof Error ? error : new Error(messageOf(error));
  };
  return {
    ...singleProcess,
    transport: "no other process",
    places: [nameOfPlace(place)],
    threads: place.parallelism,
    startSum: () => ({ isDone: () => true, wait: () => undefined }),
    broadcast: () => undefined,
    exchange: (text) => [text],
    agree: (problem) => {
      if (problem !== undefined) fail(problem);
    },
    abort: fail,
    close: () => undefined,
  };
}

function groupOf(calls: MpiCalls, transport: string, timeout: number): MpiGroup {
  const { rank, size } = calls;
  let places: readonly Place[] = [];
  const nameOf = (of: number): string => `rank ${of} of ${size}${places[of] === undefined ? "" : ` (${nameOfPlace(places[of])})`}`;
  const watch = watchCalls(calls, { timeout, nameOf });
  const queue = callQueue();
  let asked = 0;

  /** Asks for a collective call; answers how to look after it. */
  const ask = (begin: () => MpiRequest, what: string): PendingSum => {
    const call = asked++;
    const request = queue.add(begin);
    return {
      isDone: () => request.test(),
      wait: () => {
        watch.wait(request, what, call);
      },
    };
  };

  const startSum = (values: Float32Array<ArrayBuffer>): PendingSum => {
    const what = `sum of ${values.length} numbers`;
    const parts: PendingSum[] = [];
    for (let start = 0; start < values.length; start += NUMBERS_AT_ONCE) parts.push(ask(() => calls.sum(values.subarray(start, start + NUMBERS_AT_ONCE)), what));
    return {
      isDone: () => parts.every((part) => part.isDone()),
      wait: () => {
        for (const part of parts) part.wait();
      },
    };
  };

  const gatherBytes = (own: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    const bytes = own.length * size;
    if (bytes > MOST_BYTES) {
      throw new ConfigError({ package: "distributed", what: "allGather", expected: `at most ${MOST_BYTES} bytes in all`, received: String(bytes), fix: "Use smaller batches or fewer ranks." });
    }
    const all = new Uint8Array(new ArrayBuffer(bytes));
    ask(() => calls.gather(own, all), `gather of ${own.length} bytes`).wait();
    return all;
  };

  const lengthsOf = (own: number): Int32Array => new Int32Array(gatherBytes(new Uint8Array(Int32Array.of(own).buffer)).buffer);

  /** MPI would read what is not there. */
  const assertSameLength = (own: number): void => {
    const lengths = lengthsOf(own);
    const other = lengths.findIndex((length) => length !== lengths[0]);
    if (other >= 0) throw new ShapeError({ package: "distributed", what: "allGather", expected: `${lengths[0]} bytes from every rank, as from rank 0`, received: `${lengths[other]} from ${nameOf(other)}` });
  };

  const exchange = (text: string): string[] => {
    const own = new TextEncoder().encode(text);
    const lengths = lengthsOf(own.length);
    const longest = Math.max(1, ...lengths);
    const padded = new Uint8Array(new ArrayBuffer(longest));
    padded.set(own);
    const all = gatherBytes(padded);
    return Array.from(lengths, (length, of) => new TextDecoder().decode(all.subarray(of * longest, of * longest + length)));
  };

  const collective = differentiableCollective({
    rank,
    size,
    reduce: (given, operation) => {
      if (given.dtype !== "float32") throw new ShapeError({ package: "distributed", what: "allReduce", expected: "float32", received: given.dtype });
      const { values, toTensor } = changeableValues(mul(given, operation === "mean" ? 1 / size : 1));
      startSum(values).wait();
      return toTensor() as typeof given;
    },
    gather: (given) => {
      const [rows = 1, ...rest] = given.shape;
      const { buffer, byteOffset, byteLength } = given.dataSync();
      assertSameLength(byteLength);
      const all = gatherBytes(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)).buffer;
      const values = given.dtype === "float32" ? new Float32Array(all) : given.dtype === "int32" ? new Int32Array(all) : new Uint8Array(all);
      return tensor(values, [rows * size, ...rest], given.dtype) as typeof given;
    },
  });

  const agree = (problem: unknown): void => {
    const texts = exchange(problem === undefined ? "" : messageOf(problem));
    const first = texts.findIndex((text) => text !== "");
    if (first < 0) return;
    if (first === rank) throw problem instanceof Error ? problem : new Error(messageOf(problem));
    throw new PeerFailure(`${nameOf(first)} failed: ${texts[first]!}`);
  };

  const abort = (error: unknown): never => {
    const isUsage = ConfigError.isInstance(error) || ShapeError.isInstance(error);
    const code = isUsage ? 2 : 1;
    const text = messageOf(error);
    const isTold = error instanceof PeerFailure;
    if (!isTold) watch.announceFailure(text);
    // Ranks that fail by the same cause do so together: the lowest tells.
    if (isTold || (rank > 0 && watch.lowerFailureWithin(AGREE_MS))) {
      watch.linger(KILLED_WITHIN_MS);
    } else {
      writeSync(2, `error: ${nameOf(rank)}: ${text}\n`);
      watch.linger(AGREE_MS);
    }
    // It talks to the launcher, which may be on the other side of a network that has failed.
    endedUnlessWithin(ABORT_WITHIN_MS, `${nameOf(rank)} ends by itself: MPI_Abort does not reach ${transport}'s launcher`, () => {
      calls.abort(code);
    });
    process.exit(code);
  };

  places = exchange(JSON.stringify(placeOfThisProcess())).map((text) => JSON.parse(text) as Place);
  return {
    ...collective,
    transport,
    places: places.map(nameOfPlace),
    threads: fairThreads(places, rank),
    startSum,
    broadcast: (bytes) => {
      for (let start = 0; start < bytes.length; start += BYTES_AT_ONCE) ask(() => calls.broadcast(bytes.subarray(start, start + BYTES_AT_ONCE)), `broadcast of ${bytes.length} bytes`).wait();
    },
    exchange,
    agree,
    abort,
    close: () => {
      exchange("");
      // MPI's own end waits for the others without a limit; MPICH 4.0 on UCX's TCP now and then for ever.
      endedUnlessWithin(FINALIZE_WITHIN_MS, `${nameOf(rank)} has done its work and ends by itself: MPI_Finalize of ${transport} does not come back`, calls.finalize);
    },
  };
}
