import { type Float, type ParameterMap, type StepContext, withoutGradient } from "@ssl-vit/core";
import { buffer, linear } from "@ssl-vit/nn";
import { concat, dispose, keep, slice, stack, type Tensor3D, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { SwavConfig } from "./config.js";

/** Embeddings of the global views of earlier images, the same on every process. */
interface Queue {
  /** `queue` [2, Q, D], newest first: one queue a view. Rows that were never filled are zero. */
  readonly buffers: ParameterMap;
  /** This process' share, scored by the prototypes as they are now, [2, Q/W, K]; undefined until the queue is full. */
  scores(prototypes: Variable, context: StepContext): Float<"V Q K"> | undefined;
  /** Keeps the global views' embeddings [B, D], of all processes, for `advance`. */
  note(views: readonly Float<"B D">[], context: StepContext): void;
  /** Lets what was noted in at the front, and as many of the oldest out. */
  advance(): void;
}

export function createQueue({ queueLength, outputDim, queueStartEpoch }: Readonly<SwavConfig>): Queue {
  const shape: [number, number, number] = [2, queueLength, outputDim];
  const queue = buffer(new Float32Array(2 * queueLength * outputDim), shape);
  const rows = (first: number, count: number): Tensor3D => slice(queue as unknown as Tensor3D, [0, first, 0], [2, count, outputDim]);
  const pending: Tensor3D[] = [];
  const isRunning = ({ progress }: StepContext): boolean => progress.epoch >= queueStartEpoch;
  const isFull = (): boolean => tidy(() => rows(queueLength - 1, 1).dataSync().some((value) => value !== 0));

  return {
    buffers: { queue },

    scores(prototypes, context) {
      if (!isRunning(context) || !isFull()) return undefined;
      const { rank, size } = context.collective;
      return withoutGradient(() => linear(rows((rank * queueLength) / size, queueLength / size), prototypes));
    },

    note(views, context) {
      if (isRunning(context)) pending.push(keep(withoutGradient(() => stack(views.map((view) => context.collective.allGather(view))) as Tensor3D)));
    },

    advance() {
      const newest = pending.splice(0).reverse();
      if (newest.length === 0) return;
      const updated = tidy(() => slice(concat([...newest, rows(0, queueLength)], 1), [0, 0, 0], shape));
      queue.assign(updated);
      dispose([...newest, updated]);
    },
  };
}
