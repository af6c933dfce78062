import { ConfigError } from "@ssl-vit/core";
import type { HostView, Loader } from "@ssl-vit/data";
import { checkFinite } from "./check-finite.js";
import { digestImages } from "./digest-images.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";

/** Feature rows of one batch's views, [batch, dim]. */
type RowsOf = (views: readonly HostView[]) => Promise<Float32Array> | Float32Array;

/** A loader that may know what its images are called. */
export type KeyedLoader = Loader & { readonly keyOf?: (index: number) => string };

/** Runs through the loader's first epoch once and lays the rows of all batches one after the other. */
export async function collectFeatures(loader: KeyedLoader, source: FeatureSource, choice: Pick<FeatureSet, "layer" | "block">, rowsOf: RowsOf): Promise<FeatureSet> {
  const capacity = loader.stepsPerEpoch * loader.batchSize;
  const labels = new Int32Array(capacity);
  const indices = new Int32Array(capacity);
  const digests: string[] = [];
  let values = new Float32Array(0);
  let imageSize: readonly [number, number] | undefined;
  let dim = 0;
  let count = 0;
  for await (const batch of loader.batches(0)) {
    const rows = await rowsOf(batch.views);
    if (imageSize === undefined) {
      const [, height, width] = batch.views[0]!.shape;
      imageSize = [height, width];
      dim = rows.length / batch.size;
      values = new Float32Array(capacity * dim);
    }
    checkFinite(rows, dim, source.location, (row) => `image ${loader.keyOf?.(batch.indices[row]!) ?? batch.indices[row]!}`);
    values.set(rows, count * dim);
    labels.set(batch.labels, count);
    indices.set(batch.indices, count);
    digests.push(...digestImages(batch.views, batch.size));
    count += batch.size;
  }
  if (imageSize === undefined) {
    throw new ConfigError({ package: "eval", what: source.location, expected: "at least one image", received: "none" });
  }
  return {
    ...source,
    values: values.subarray(0, count * dim),
    count,
    dim,
    labels: labels.subarray(0, count),
    indices: indices.subarray(0, count),
    digests,
    ...choice,
    imageSize,
  };
}
