import type { ViewBatch } from "@ssl-vit/core";
import { tensor4d } from "@tensorflow/tfjs-core";
import type { HostBatch } from "./host-batch.js";

/** Makes the tensors of a batch. The caller owns them: see {@link disposeViewBatch}. */
export function toViewBatch(batch: HostBatch): ViewBatch {
  return {
    size: batch.size,
    indices: batch.indices,
    views: batch.views.map(({ name, shape, data }) => ({ name, images: tensor4d(data, [...shape]) })),
  };
}

/** Frees the tensors of a batch. */
export function disposeViewBatch(batch: ViewBatch): void {
  for (const { images } of batch.views) images.dispose();
}
