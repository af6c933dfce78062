import { ConfigError, problemMessage } from "@ssl-vit/core";
import type { HostView, Loader } from "@ssl-vit/data";
import { digestImages } from "./digest-images.js";
import type { FeatureSet, FeatureSource } from "./feature-set.js";

/** Feature rows of one batch's views, [batch, dim]. */
type RowsOf = (views: readonly HostView[]) => Promise<Float32Array> | Float32Array;

/** A diverged encoder gives NaN, and every later number would hide it. */
function checkFinite(rows: Float32Array, dim: number, indices: Int32Array): void {
  const position = rows.findIndex((value) => !Number.isFinite(value));
  if (position === -1) return;
  const problem = { package: "eval", what: "features", expected: "finite numbers", fix: "The encoder has diverged, or its input is broken." };
  throw new Error(problemMessage({ ...problem, received: `${rows[position]!} for image ${indices[Math.floor(position / dim)]!}` }));
}

/** Runs through the loader's first epoch once and lays the rows of all batches one after the other. */
export async function collectFeatures(loader: Loader, source: FeatureSource, choice: Pick<FeatureSet, "layer" | "block">, rowsOf: RowsOf): Promise<FeatureSet> {
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
    checkFinite(rows, dim, batch.indices);
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
