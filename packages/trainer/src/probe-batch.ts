import type { ViewBatch } from "@ssl-vit/core";
import { createLoader, evenPositions, toViewBatch } from "@ssl-vit/data";
import type { TrainOptions } from "./train-options.js";

/** Of the probe's augmentations, in every run: the same images then give the same views. */
const PROBE_SEED = 0x5eed;

/**
 * The fixed images that a monitor looks at, as the run's own view policy renders them. The caller owns the tensors.
 *
 * @param images at the most: they lie at even distances in the data
 */
export async function probeBatch({ data, method, views = method.views, subset }: TrainOptions, images: number): Promise<ViewBatch> {
  const positions = evenPositions(subset?.length ?? data.length, images).map((place) => subset?.[place] ?? place);
  const loader = createLoader(data, {
    views,
    batchSize: positions.length,
    seed: PROBE_SEED,
    shuffle: false,
    subset: positions,
    channels: method.encoder.layout.channels,
  });
  try {
    for await (const batch of loader.batches(0)) return toViewBatch(batch);
  } finally {
    await loader.close();
  }
  throw new Error("[@ssl-vit/trainer] probe: expected a batch of images, received none.");
}
