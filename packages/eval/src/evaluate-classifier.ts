import { ConfigError, type ViewPolicy } from "@ssl-vit/core";
import { createLoader, type HostBatch, type ImageDataset } from "@ssl-vit/data";
import { tensor4d, tidy } from "@tensorflow/tfjs-core";
import { classTally, type ClassScores } from "./class-tally.js";
import type { ClassifierMethod } from "./create-classifier.js";

/** Options of {@link evaluateClassifier}. */
export interface ClassifierEvaluationOptions {
  /** One view of each image without randomness: `evaluationViews` of @ssl-vit/augment. */
  readonly views: ViewPolicy;
  /** Positions of the images to be judged on. Default: all. */
  readonly images?: Int32Array;
  /** Images at a time. Default 64. */
  readonly batchSize?: number;
  /** Threads that decode; 0 (default) works in the calling thread. */
  readonly workers?: number;
  /** Told of every image that cannot be read; it is not counted. */
  readonly onSkip?: (key: string, reason: string) => void;
  /** Told after each batch how many are done, of all. */
  readonly onProgress?: (batches: number, total: number) => void;
  /** When it aborts, the promise rejects before the next batch. */
  readonly signal?: AbortSignal | undefined;
}

async function scoresOf(classifier: ClassifierMethod, { views }: HostBatch): Promise<Float32Array> {
  const [{ data, shape }] = views as [HostBatch["views"][number]];
  const logits = tidy(() => classifier.logits(tensor4d(data, [...shape])));
  return logits.data<"float32">().finally(() => { logits.dispose(); });
}

/**
 * How often a classifier is right on the images of a data set, by its moving average where it keeps one.
 *
 * @throws ConfigError for an image without a label, or with one that is no class of the classifier; Error for a score that is not finite
 */
export async function evaluateClassifier(classifier: ClassifierMethod, data: ImageDataset, options: ClassifierEvaluationOptions): Promise<ClassScores> {
  const { views, images = Int32Array.from({ length: data.length }, (_, index) => index), batchSize = 64, workers = 0, onSkip, onProgress, signal } = options;
  const { numClasses } = classifier.config;
  const unusable = images.find((index) => data.labelOf(index) < 0 || data.labelOf(index) >= numClasses);
  if (unusable !== undefined) {
    throw new ConfigError({ package: "eval", what: `labels of ${data.location}`, expected: `classes from 0 to ${numClasses - 1} for every image`, received: `${data.labelOf(unusable)} for ${data.keyOf(unusable)}` });
  }
  const loader = createLoader(data, {
    views,
    batchSize: Math.min(batchSize, images.length),
    seed: 0,
    workers,
    shuffle: false,
    dropLast: false,
    subset: images,
    channels: classifier.encoder.layout.channels,
    ...(onSkip === undefined ? {} : { onSkip }),
  });
  const tally = classTally(numClasses);
  let [batches, place] = [0, 0];
  try {
    return await classifier.withEvaluatedWeights(async () => {
      for await (const batch of loader.batches(0)) {
        signal?.throwIfAborted();
        const scores = await scoresOf(classifier, batch);
        for (let row = 0; row < batch.size; row++, place++) {
          // Another image in a broken one's place.
          if (batch.indices[row] === images[place]) tally.add(scores, row * numClasses, batch.labels[row]!);
        }
        onProgress?.(++batches, loader.stepsPerEpoch);
      }
      return tally.scores();
    });
  } finally {
    await loader.close();
  }
}
