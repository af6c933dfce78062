import type { ViewPolicy } from "@ssl-vit/core";
import { createLoader, type HostBatch, type ImageDataset } from "@ssl-vit/data";
import { warn } from "./console-output.js";

/** Which images to draw, and how they are cut. */
export interface ImagesToDraw {
  readonly views: ViewPolicy;
  readonly channels: number;
  /** How many, at most. */
  readonly images: number;
  readonly seed: number;
}

/** The first images of an epoch. Those that cannot be read are told of. */
export async function imagesToDraw(data: ImageDataset, { views, channels, images, seed }: ImagesToDraw): Promise<HostBatch> {
  const loader = createLoader(data, {
    views,
    batchSize: Math.min(images, data.length),
    seed,
    channels,
    onSkip: (key, reason) => {
      warn(`skipped ${key}: ${reason}`);
    },
  });
  try {
    let batch: HostBatch | undefined;
    for await (const first of loader.batches(0)) {
      batch = first;
      break;
    }
    // There is one: it is no larger than the data set.
    return batch!;
  } finally {
    await loader.close();
  }
}
