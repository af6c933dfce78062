import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";

/** Files with features of ten classes that overlap, for both sides to read. */
const classes = 10;

/**
 * Writes NAME-values.bin (float32, row by row) and NAME-labels.bin (int32) for a training and a test set, and features.json with the width.
 *
 * @param {string} folder
 * @param {{ bank: number, queries: number, dim: number }} sizes
 */
export function writeKnnFeatures(folder, { bank, queries, dim }) {
  const random = createRandom(0).derive("knn-speed");
  const centers = random.derive("centers").normals(classes * dim);
  for (const [name, count] of /** @type {const} */ ([["train", bank], ["test", queries]])) {
    const labels = Int32Array.from({ length: count }, (_, row) => row % classes);
    const noise = random.derive(name).normals(count * dim);
    const values = Float32Array.from(noise, (value, place) => 5 * value + centers[(Math.floor(place / dim) % classes) * dim + (place % dim)]);
    writeFileSync(join(folder, `${name}-values.bin`), values);
    writeFileSync(join(folder, `${name}-labels.bin`), labels);
  }
  writeFileSync(join(folder, "features.json"), JSON.stringify({ dim }));
}
