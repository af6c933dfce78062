import type { ViewPolicy } from "@ssl-vit/core";
import { createLoader, evenPositions, type ImageDataset } from "@ssl-vit/data";
import { onlyView } from "./only-view.js";

/** Mean and deviation of pixels, over all images, places and channels. */
export interface ImageStatistics {
  readonly imageMean: number;
  readonly imageDeviation: number;
}

/** Options of {@link imageStatistics}. */
export interface ImageStatisticsOptions {
  /** One view of each image: `evaluationViews` of @ssl-vit/augment. */
  readonly views: ViewPolicy;
  /** How many are looked at, at the most: the first and others at even distances. Default 64. */
  readonly images?: number;
  /** Channels of the views. Default 3. */
  readonly channels?: number;
  /** Told of every image that cannot be read; a neighbour takes its place. */
  readonly onSkip?: (key: string, reason: string) => void;
}

/**
 * What an evaluation makes of images: mean and standard deviation of their normalised pixels. Beside those of what a training sees they tell whether both prepare images alike.
 *
 * @throws ConfigError if the views are several, or no image can be read
 */
export async function imageStatistics(data: ImageDataset, { views, images = 64, channels = 3, onSkip }: ImageStatisticsOptions): Promise<ImageStatistics> {
  const subset = evenPositions(data.length, images);
  const loader = createLoader(data, { views, batchSize: Math.min(32, subset.length), seed: 0, workers: 0, shuffle: false, dropLast: false, subset, channels, ...(onSkip === undefined ? {} : { onSkip }) });
  try {
    let [count, sum, squares] = [0, 0, 0];
    for await (const batch of loader.batches(0)) {
      for (const value of onlyView(batch.views).data) {
        count++;
        sum += value;
        squares += value * value;
      }
    }
    const imageMean = sum / count;
    return { imageMean, imageDeviation: Math.sqrt(Math.max(0, squares / count - imageMean * imageMean)) };
  } finally {
    await loader.close();
  }
}
