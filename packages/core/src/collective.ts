import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * What a method may ask of the other processes of a data-parallel run. Both operations are differentiable: the gradient of
 * `allReduce("sum")` is the sum of the gradients, that of `allGather` the sum over processes of the slice that is ours.
 * A method that computes batch statistics or compares rows of the batch goes through it and is then right on any number of processes.
 */
export interface Collective {
  readonly rank: number;
  readonly size: number;
  /** Element-wise sum or mean over the processes. The caller owns the result. */
  allReduce<T extends Tensor>(tensor: T, operation: "sum" | "mean"): T;
  /** Rows of all processes in rank order, joined along the first axis. The caller owns the result. */
  allGather<T extends Tensor>(tensor: T): T;
}

/** One process: both operations are the identity. */
export const singleProcess: Collective = {
  rank: 0,
  size: 1,
  allReduce: (tensor) => tensor.clone(),
  allGather: (tensor) => tensor.clone(),
};
