import { createHash } from "node:crypto";
import { type Collective, ConfigError, type Encoder, singleProcess, type ViewPolicy } from "@ssl-vit/core";
import { createLoader, type ImageDataset, type Loader } from "@ssl-vit/data";
import { tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { chooseImages } from "./choose-images.js";
import type { TokenChoice } from "./choose-tokens.js";
import type { KeyedLoader } from "./collect-features.js";
import { digestNumbers, digestsOfNumbers } from "./digest-images.js";
import { extractFeatures } from "./extract-features.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";
import { pixelFeatures } from "./pixel-features.js";

export interface DatasetFeatureOptions extends TokenChoice {
  /** One view of each image: `evaluationViews` of @ssl-vit/augment, of the encoder's size. */
  readonly views: ViewPolicy;
  /** Use only so many images, drawn by `seed`. Default: all. */
  readonly images?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Images at a time. Default 64. */
  readonly batchSize?: number;
  /** Threads that decode; 0 (default) works in the calling thread. */
  readonly workers?: number;
  /** Processes that share the work: each computes a part, and all get all features. All must call this, with the same options. Default: this one alone. */
  readonly collective?: Collective;
  /** Channels of the views. Default: the encoder's, or 3. */
  readonly channels?: number;
  /** Told of every image that cannot be read, and so has no row. */
  readonly onSkip?: (key: string, reason: string) => void;
  /** Told after every batch. */
  readonly onProgress?: (batches: number, total: number) => void;
  /** When it aborts, the promise rejects before the next batch. */
  readonly signal?: AbortSignal | undefined;
}

/** Features with what their images are called. */
export interface ImageFeatures extends FeatureSet {
  readonly keys: readonly string[];
}

/** A loader that tells how far it is, stops when it is told to, and knows what the images are called. */
function watched(loader: Loader, data: ImageDataset, { onProgress, signal }: DatasetFeatureOptions): KeyedLoader {
  return {
    ...loader,
    keyOf: (index) => data.keyOf(index),
    async *batches(epoch, fromStep) {
      let step = 0;
      for await (const batch of loader.batches(epoch, fromStep)) {
        signal?.throwIfAborted();
        yield batch;
        step++;
        onProgress?.(step, loader.stepsPerEpoch);
      }
    },
  };
}

/** The part of the images that a process computes: equal parts, the last ones filled up from the beginning. */
function partOf(images: Int32Array, { rank, size }: Collective): Int32Array {
  const length = Math.ceil(images.length / size);
  return Int32Array.from({ length }, (_, place) => images[(rank * length + place) % images.length]!);
}

/** A number that other images, labels or layers make another one. */
function digestOf(data: ImageDataset, images: Int32Array, layer: string): number {
  const hash = createHash("sha256").update(layer);
  for (const index of images) hash.update(`${data.keyOf(index)}\t${data.labelOf(index)}\n`);
  return hash.digest().readInt32LE();
}

/** Rows can only be joined, and mean something, when all processes look at the same images. */
function assertSameImages(data: ImageDataset, images: Int32Array, layer: string, collective: Collective): void {
  const all = tidy(() => collective.allGather(tensor1d([images.length, digestOf(data, images, layer)], "int32")).dataSync());
  const other = all.findIndex((value, place) => value !== all[place % 2]);
  if (other < 0) return;
  throw new ConfigError({
    package: "eval",
    what: data.location,
    expected: `the same images, labels and layer in all processes, as in process 0 (${all[0]} images)`,
    received: `others in process ${Math.floor(other / 2)} (${all[2 * Math.floor(other / 2)]} images)`,
  });
}

/** The rows of all processes' parts, as many as there are images. */
function joined(own: FeatureSet, count: number, collective: Collective): FeatureSet {
  const { values, labels, indices, dim, digests = [] } = own;
  const parts = [tensor2d(values, [labels.length, dim]), tensor1d(labels, "int32"), tensor1d(indices, "int32"), tensor1d(digestNumbers(digests), "int32")];
  const [allValues, allLabels, allIndices, allDigests] = parts.map((part) => {
    const all = tidy(() => collective.allGather(part).dataSync());
    part.dispose();
    return all;
  }) as [Float32Array, Int32Array, Int32Array, Int32Array];
  return {
    ...own,
    values: allValues.slice(0, count * dim),
    labels: allLabels.slice(0, count),
    indices: allIndices.slice(0, count),
    digests: digestsOfNumbers(allDigests.slice(0, 2 * count)),
    count,
  };
}

/** The loader puts a neighbour in a broken image's place; here such rows are left out, so that each row is one image. */
function withoutReplacements(features: ImageFeatures, subset: Int32Array | undefined): ImageFeatures {
  const { values, dim, labels, indices, keys, digests } = features;
  const rows = [...indices.keys()].filter((row) => indices[row] === (subset?.[row] ?? row));
  if (rows.length === indices.length) return features;
  const kept = new Float32Array(rows.length * dim);
  rows.forEach((row, place) => {
    kept.set(values.subarray(row * dim, (row + 1) * dim), place * dim);
  });
  const pick = (all: Int32Array): Int32Array => Int32Array.from(rows, (row) => all[row]!);
  const named = { keys: rows.map((row) => keys[row]!), ...(digests === undefined ? {} : { digests: rows.map((row) => digests[row]!) }) };
  return { ...features, values: kept, count: rows.length, labels: pick(labels), indices: pick(indices), ...named };
}

/**
 * Rows of the images of a data set, in its order, as `rowsOf` takes them from a loader of all, or of this process's part. Broken images are left out.
 *
 * @param layer what the rows are, in words: processes that share the work must agree on it
 * @throws ConfigError when processes that share the work have other images; as `rowsOf` and the loader do
 */
export async function collectDataset(
  data: ImageDataset,
  options: DatasetFeatureOptions & { readonly channels: number },
  layer: string,
  rowsOf: (loader: Loader, source: FeatureSource) => Promise<FeatureSet>,
): Promise<ImageFeatures> {
  const { views, images, seed = 0, batchSize = 64, workers = 0, channels, onSkip, collective = singleProcess } = options;
  const chosen = chooseImages(data.length, images, seed);
  let subset = chosen;
  if (collective.size > 1) {
    const all = chosen ?? Int32Array.from({ length: data.length }, (_, index) => index);
    assertSameImages(data, all, layer, collective);
    subset = partOf(all, collective);
  }
  const loader = createLoader(data, {
    views,
    batchSize: Math.min(batchSize, subset?.length ?? data.length),
    seed,
    workers,
    shuffle: false,
    dropLast: false,
    channels,
    ...(subset === undefined ? {} : { subset }),
    ...(onSkip === undefined ? {} : { onSkip }),
  });
  try {
    const source = { location: data.location, views, ...(data.classes === undefined ? {} : { classes: data.classes }), ...(chosen === undefined ? {} : { drawSeed: seed }) };
    const own = await rowsOf(watched(loader, data, options), source);
    const count = chosen?.length ?? data.length;
    const features = collective.size === 1 ? own : joined(own, count, collective);
    return withoutReplacements({ ...features, keys: Array.from(features.indices, (index) => data.keyOf(index)) }, chosen);
  } finally {
    await loader.close();
  }
}

/**
 * Features of the images of a data set, in its order. Broken images are left out.
 *
 * @param encoder frozen; undefined for the pixels themselves, the baseline
 * @throws ConfigError when processes that share the work have other images; as `extractFeatures` and the loader do
 */
export function datasetFeatures(encoder: Encoder | undefined, data: ImageDataset, options: DatasetFeatureOptions): Promise<ImageFeatures> {
  const { layer, block, channels = encoder?.layout.channels ?? 3 } = options;
  const choice = { ...(layer === undefined ? {} : { layer }), ...(block === undefined ? {} : { block }) };
  return collectDataset(data, { ...options, channels }, encoder === undefined ? "pixels" : `${layer ?? "default"} of block ${block ?? "last"}`, (loader, source) =>
    encoder === undefined ? pixelFeatures(loader, source) : extractFeatures(encoder, loader, { ...source, ...choice }),
  );
}
