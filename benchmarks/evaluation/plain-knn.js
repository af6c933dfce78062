// k-NN without an engine, from its formula: what a search that is measured alone is held to.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const TEMPERATURE = 0.07;

/** Products of two numbers that plain JavaScript has done within seconds. */
const MOST_PRODUCTS = 1e9;

/** Whether features are few enough for {@link plainTop1}. @param {{ bank: number, queries: number, dim: number }} sizes */
export const isPlainEnough = ({ bank, queries, dim }) => bank * queries * dim <= MOST_PRODUCTS;

/** @param {string} folder @param {string} name @param {number} dim */
function readRows(folder, name, dim) {
  const read = (/** @type {string} */ what) => new Uint8Array(readFileSync(join(folder, `${name}-${what}.bin`))).buffer;
  const [values, labels] = [new Float32Array(read("values")), new Int32Array(read("labels"))];
  for (let start = 0; start < values.length; start += dim) {
    const row = values.subarray(start, start + dim);
    const length = Math.hypot(...row);
    for (let column = 0; column < dim; column++) row[column] = row[column] / length;
  }
  return { values, labels };
}

/**
 * The share of the queries whose k nearest neighbours, each with the weight exp(cosine ÷ 0.07), vote for their own class.
 *
 * @param {string} folder of `writeKnnFeatures` @param {number} k
 */
export function plainTop1(folder, k) {
  const { dim } = JSON.parse(readFileSync(join(folder, "features.json"), "utf8"));
  const [train, test] = [readRows(folder, "train", dim), readRows(folder, "test", dim)];
  let right = 0;
  for (const [query, label] of test.labels.entries()) {
    const similarities = Float64Array.from(train.labels, (_, row) => {
      let sum = 0;
      for (let column = 0; column < dim; column++) sum += train.values[row * dim + column] * test.values[query * dim + column];
      return sum;
    });
    const neighbours = [...similarities.keys()].sort((a, b) => similarities[b] - similarities[a]).slice(0, k);
    /** @type {Map<number, number>} */
    const votes = new Map();
    for (const row of neighbours) votes.set(train.labels[row], (votes.get(train.labels[row]) ?? 0) + Math.exp(similarities[row] / TEMPERATURE));
    const [[winner]] = [...votes].sort(([, a], [, b]) => b - a);
    if (winner === label) right++;
  }
  return right / test.labels.length;
}
