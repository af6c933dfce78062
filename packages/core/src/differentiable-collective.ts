import { slice, type Tensor } from "@tensorflow/tfjs-core";
import type { Collective } from "./collective.js";
import { withGradient } from "./with-gradient.js";

/** How the numbers of a group of processes are moved; whoever talks to the others provides it. Results are new tensors. */
export interface CollectiveTransport {
  readonly rank: number;
  readonly size: number;
  /** Element-wise sum or mean over the processes. */
  readonly reduce: <T extends Tensor>(tensor: T, operation: "sum" | "mean") => T;
  /** Rows of all processes in rank order, joined along the first axis. */
  readonly gather: <T extends Tensor>(tensor: T) => T;
}

/**
 * A {@link Collective} with its gradients. A loss is the mean of what the processes compute, so a gradient that arrives at a result is one
 * process's part: the parts are reduced as the results were.
 */
export function differentiableCollective({ rank, size, reduce, gather }: CollectiveTransport): Collective {
  return {
    rank,
    size,
    allReduce: (given, operation) => withGradient([given], () => reduce(given, operation), (dy) => [reduce(dy, operation)]),
    allGather: <T extends Tensor>(given: T) => {
      const [rows = 1] = given.shape;
      return withGradient([given], () => gather(given), (dy) => [slice(reduce(dy, "sum"), rank * rows, rows)]);
    },
  };
}
