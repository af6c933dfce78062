/** @typedef {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} RunSslVit */

/**
 * Accuracy by what the feature is (the [CLS] token, the mean of the patch tokens, pixels), then by classifier, each with its protocol.
 *
 * @typedef {{ top1: number, protocol: import("@ssl-vit/eval").KnnProtocol | import("@ssl-vit/eval").LinearProtocol }} Score
 * @typedef {{ knn: Score, linear: Score }} Scores
 * @typedef {Partial<Record<"cls" | "mean" | "pixels", Scores>>} ScoresByLayer
 */

/**
 * What evaluation is the same in for all methods and baselines of a seed.
 *
 * @typedef {{ train: string, test: string, trainImages: number, testImages: number }} Protocol
 */

/**
 * k-NN and a linear classifier on the features of a checkpoint: a run's folder, or with `like` a baseline. The seed draws the images.
 *
 * @param {{ checkpoint: string, like?: string, layers: readonly ("cls" | "mean" | "pixels")[], seed: number }} what
 * @param {Protocol} protocol @param {RunSslVit} run @param {AbortSignal} signal
 * @param {import("@ssl-vit/sitting/kept-part.js").KeepPart<import("@ssl-vit/sitting/run-ssl-vit.js").Finished>} [keepPart] of each layer
 */
export async function evaluate({ checkpoint, like, layers, seed }, { train, test, trainImages, testImages }, run, signal, keepPart = (_, measure) => measure()) {
  const common = [
    ...["eval", "transfer", "--to", `images=${train},${test}`, "--baselines", "none"],
    ...["--checkpoint", checkpoint, ...(like === undefined ? [] : ["--like", like])],
    ...["--train-images", String(trainImages), "--test-images", String(testImages)],
    ...["--seed", String(seed), "--no-plots", "--json"],
  ];
  let cpuSeconds = 0;
  /** @type {ScoresByLayer} */
  const scores = {};
  for (const layer of layers) {
    // Both classifiers from the same features: they take longer than the classifiers.
    const finished = await keepPart(layer, () => run([...common, ...(layer === "pixels" ? [] : ["--layer", layer])], signal));
    cpuSeconds += finished.cpuSeconds;
    const [{ knn, linear }] = /** @type {{ results: [Scores] }} */ (finished.json).results;
    scores[layer] = { knn: scoreOf(knn), linear: scoreOf(linear) };
  }
  return { scores, evaluation_cpu_seconds: cpuSeconds };
}

/** @param {Score} score @returns {Score} */
const scoreOf = ({ top1, protocol }) => ({ top1, protocol });
