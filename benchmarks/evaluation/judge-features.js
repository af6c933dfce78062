import { readFileSync } from "node:fs";
import { evaluateKnnGrid, linearProbe } from "@ssl-vit/eval";
import { decodeSafetensors } from "@ssl-vit/safetensors";

/**
 * Features that `ssl-vit embed` wrote.
 *
 * @param {string} file .safetensors
 * @returns {import("@ssl-vit/eval").FeatureSet}
 */
export function readFeatures(file) {
  const { tensors } = decodeSafetensors(readFileSync(file));
  const { embeddings, labels } = /** @type {Record<string, { shape: readonly number[], data: Float32Array & Int32Array }>} */ (/** @type {unknown} */ (tensors));
  const [count, dim] = embeddings.shape;
  const views = { groups: [], normalize: { mean: [0], std: [1] } };
  return { location: file, views, values: embeddings.data, count, dim, labels: labels.data, indices: Int32Array.from({ length: count }, (_, row) => row), layer: "cls", imageSize: [32, 32] };
}

/**
 * Shares of right answers: of k-NN by "k temperature", of logistic regression by weight decay.
 *
 * @param {{ train: import("@ssl-vit/eval").FeatureSet, test: import("@ssl-vit/eval").FeatureSet }} sets
 * @param {{ k: readonly number[], temperature: readonly number[], weightDecay: readonly number[] }} settings
 */
export function judgeFeatures(sets, { k, temperature, weightDecay }) {
  const knn = evaluateKnnGrid({ ...sets, k, temperature });
  return {
    knn: Object.fromEntries(knn.map(({ top1, protocol }) => [`${protocol.k} ${protocol.temperature}`, top1])),
    logistic: Object.fromEntries(weightDecay.map((decay) => [String(decay), linearProbe({ ...sets, weightDecay: decay }).top1])),
  };
}
