import { disposeMethod, type Method, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { mul, slice, tidy, variableGrads } from "@tensorflow/tfjs-core";

/** What one training step of a method gives, as plain numbers. */
export interface MethodStep {
  readonly loss: number;
  /** By parameter. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** By name, after `afterStep`. */
  readonly buffers: ReadonlyMap<string, Float32Array>;
}

/** The share of a batch that one of several processes has. Its images are the caller's to dispose. */
export function shareOfBatch(batch: ViewBatch, rank: number, size: number): ViewBatch {
  const rows = batch.size / size;
  return {
    size: rows,
    views: batch.views.map(({ name, images }) => ({ name, images: slice(images, rank * rows, rows) })),
    indices: batch.indices.slice(rank * rows, (rank + 1) * rows),
  };
}

/**
 * One step of a new method: loss, gradients, then `afterStep`. First every trainable parameter is made a tenth larger, so that a moving
 * average of parameters, which start equal, moves.
 */
export function methodStep(create: () => Method, batch: ViewBatch, context: StepContext): MethodStep {
  const method = create();
  try {
    let step!: MethodStep;
    tidy(() => {
      for (const parameter of Object.values(method.trainable)) parameter.assign(mul(parameter, 1.1));
      const { value, grads } = variableGrads(() => method.loss(batch, context).loss, Object.values(method.trainable));
      method.afterStep?.(context);
      const numbers = (entries: readonly (readonly [string, { dataSync(): ArrayLike<number> }])[]): ReadonlyMap<string, Float32Array> =>
        new Map(entries.map(([name, tensor]) => [name, Float32Array.from(tensor.dataSync())]));
      const gradients = Object.entries(method.trainable).map(([name, { name: id }]) => [name, grads[id]!] as const);
      step = { loss: value.dataSync()[0]!, gradients: numbers(gradients), buffers: numbers(Object.entries(method.buffers)) };
    });
    return step;
  } finally {
    disposeMethod(method);
  }
}
