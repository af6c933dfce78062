/**
 * The length of a training, and what of its recipe is counted in epochs, made shorter or longer with it.
 *
 * @typedef {{ steps: number, imagesSeen: number, assignments: string[] }} Budget
 */

const isCountedInEpochs = (/** @type {[string, unknown]} */ [name, value]) => /Epochs?$/.test(name) && typeof value === "number" && value > 0;

/**
 * So many images for every method. A preset is written for its number of epochs: options whose name ends in "Epoch" or "Epochs" (a warm-up, a frozen
 * layer, a queue's start) keep their share of the training.
 *
 * @param {Pick<import("./installed-methods.js").InstalledMethod, "name" | "preset" | "defaults">} method
 * @param {{ imagesSeen: number, dataset: number }} options with the number of images there are
 * @returns {Budget}
 */
export function budgetOf({ name, preset, defaults }, { imagesSeen, dataset }) {
  const { batchSize, epochs } = preset;
  const stepsPerEpoch = Math.floor(dataset / batchSize);
  if (stepsPerEpoch === 0) throw new Error(`[quality] --data: expected at least the ${batchSize} images of a step of ${name}, received ${dataset}.`);
  const steps = Math.max(1, Math.round(imagesSeen / batchSize));
  const stretch = steps / stepsPerEpoch / epochs;
  const stretched = (/** @type {string} */ section, /** @type {object} */ options) =>
    Object.entries(options).filter(isCountedInEpochs).map(([option, value]) => `${section}.${option}=${Number((value * stretch).toPrecision(6))}`);
  return {
    steps,
    imagesSeen: steps * batchSize,
    assignments: [...stretched("optimizer", preset.optimizer), ...stretched("method", { ...defaults, ...preset.method })],
  };
}
