import type { Collective } from "./collective.js";

/** A sum over processes that is under way. Its array is the group's until it is done. */
export interface PendingSum {
  /** Whether it is done. Asking moves it on: transfers go forward while somebody looks after them. */
  isDone(): boolean;
  /** Returns when it is done. */
  wait(): void;
}

/**
 * The processes of a data-parallel run, as the trainer sees them. All of them must make the same calls in the same order. A call that another
 * process does not come to ends all of them, with a message that names it.
 */
export interface ProcessGroup extends Collective {
  /** What carries the numbers, for people: `"Open MPI 4.1.4"`. */
  readonly transport: string;
  /** Where each process runs, by rank: `"node-3, process 1234"`. */
  readonly places: readonly string[];
  /** Starts the element-wise sum over the processes, in the array's own memory, which must not move and is not touched until it is done. */
  startSum(values: Float32Array<ArrayBuffer>): PendingSum;
  /** Puts rank 0's bytes into everybody's. */
  broadcast(bytes: Uint8Array<ArrayBuffer>): void;
  /** What each process says, by rank. */
  exchange(text: string): readonly string[];
  /**
   * Every process comes here with what went wrong in it, or nothing. If anything did, it is thrown where it happened first by rank, and the others
   * throw an error that says so.
   */
  agree(problem: unknown): void;
  /**
   * Ends all processes, since one that failed would let the others wait. The process prints the error with its rank, unless another one did so
   * before it. Exits with 2 for a wrong option, otherwise with 1.
   */
  abort(error: unknown): never;
}
