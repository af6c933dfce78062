import type { ViewPolicy } from "@ssl-vit/core";
import { createLoader, type ImageDataset } from "@ssl-vit/data";
import { digestImages } from "./digest-images.js";
import { digestSet } from "./digest-set.js";
import { type Digested, digestedOverlap, type Overlap } from "./overlap-of.js";

/** Some images of a data set. */
export interface ImageChoice {
  readonly data: ImageDataset;
  /** Positions, ascending. Default: all. */
  readonly images?: Int32Array | undefined;
}

/** Options of {@link datasetOverlap}. */
export interface OverlapOptions {
  /** One view without randomness, by which images are compared: `evaluationViews` of @ssl-vit/augment. */
  readonly views: ViewPolicy;
  /** Channels of the views. */
  readonly channels: number;
  /** Threads that decode; 0 (default) works in the calling thread. */
  readonly workers?: number;
  /** When it aborts, the promise rejects before the next batch. */
  readonly signal?: AbortSignal | undefined;
}

/** Digests of the images that can be read. */
async function digestsOf({ data, images }: ImageChoice, { views, channels, workers = 0, signal }: OverlapOptions): Promise<Digested & { readonly labels: Int32Array }> {
  const subset = images ?? Int32Array.from({ length: data.length }, (_, index) => index);
  const loader = createLoader(data, { views, batchSize: Math.min(64, subset.length), seed: 0, workers, shuffle: false, dropLast: false, subset, channels });
  const [digests, indices]: [string[], number[]] = [[], []];
  let place = 0;
  try {
    for await (const batch of loader.batches(0)) {
      signal?.throwIfAborted();
      const ofBatch = digestImages(batch.views, batch.size);
      for (let row = 0; row < batch.size; row++, place++) {
        // Another image in a broken one's place.
        if (batch.indices[row] !== subset[place]) continue;
        digests.push(ofBatch[row]!);
        indices.push(subset[place]!);
      }
    }
  } finally {
    await loader.close();
  }
  const rows = Int32Array.from(indices);
  return { digests, indices: rows, labels: rows.map((index) => data.labelOf(index)), keys: indices.map((index) => data.keyOf(index)) };
}

/** What two choices of images have in common, and what identifies each: as `trainDigest` and `testDigest` in a protocol. */
export interface DatasetOverlap extends Overlap {
  readonly trainDigest: string;
  readonly testDigest: string;
}

/** Finds test images that are in the training set as well, as `overlapOf` does, where there are no features: it reads every image once. */
export async function datasetOverlap(train: ImageChoice, test: ImageChoice, options: OverlapOptions): Promise<DatasetOverlap> {
  const [ofTrain, ofTest] = [await digestsOf(train, options), await digestsOf(test, options)];
  return { ...digestedOverlap(ofTrain, ofTest), trainDigest: digestSet(ofTrain)!, testDigest: digestSet(ofTest)! };
}
