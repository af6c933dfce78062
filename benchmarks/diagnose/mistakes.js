// Mistakes of somebody who writes or changes a method, done to one that is right.
import { tidySignals } from "@ssl-vit/core";
import { concat, div, max, min, mul, slice, sub, tidy, zerosLike } from "@tensorflow/tfjs-core";

/** @typedef {import("@ssl-vit/core").Method} Method */
/** @typedef {import("@ssl-vit/core").ViewBatch} ViewBatch */

/** What a method makes of other batches than it is given. @param {Method} method @param {(batch: ViewBatch) => ViewBatch} change @returns {Method} */
function onChangedBatches(method, change) {
  const { loss, signals } = method;
  return {
    ...method,
    loss: (batch, context) => /** @type {ReturnType<Method["loss"]>} */ (tidy(() => /** @type {any} */ (loss(change(batch), context)))),
    ...(signals === undefined ? {} : { signals: (batch, context) => tidySignals(() => signals(change(batch), context)) }),
  };
}

/** @param {import("@ssl-vit/core").Float<"B Y X C">} images */
const rolled = (images) => /** @type {typeof images} */ (concat([slice(images, 1), slice(images, 0, 1)]));

/**
 * The second view is that of the next image: two loaders that were shuffled each for itself, a list that lost its first line.
 *
 * @param {Method} method
 */
export const secondViewOfNextImage = (method) => onChangedBatches(method, (batch) => ({ ...batch, views: batch.views.map((view, index) => (index === 1 ? { ...view, images: rolled(view.images) } : view)) }));

/** @param {import("@ssl-vit/core").Float<"B Y X C">} images */
function stretched(images) {
  const least = min(images, [1, 2], true);
  return /** @type {typeof images} */ (div(sub(images, least), sub(max(images, [1, 2], true), least)));
}

/**
 * Each channel of a view is stretched to its own range, by a division to which nothing is added: one color gives 0 ÷ 0.
 *
 * @param {Method} method
 */
export const stretchedViews = (method) => onChangedBatches(method, (batch) => ({ ...batch, views: batch.views.map((view) => ({ ...view, images: stretched(view.images) })) }));

/** Nothing is done after a step: the teacher stays what it was. @param {Method} method @returns {Method} */
export function withoutAfterStep(method) {
  const { afterStep, ...rest } = method;
  void afterStep;
  return rest;
}

/**
 * Sets variables of a method.
 *
 * @param {Method} method @param {(name: string) => boolean} isMeant @param {(value: import("@tensorflow/tfjs-core").Variable) => import("@tensorflow/tfjs-core").Tensor} change
 */
function setVariables(method, isMeant, change) {
  const meant = Object.entries({ ...method.trainable, ...method.buffers }).filter(([name]) => isMeant(name));
  if (meant.length === 0) throw new Error(`[diagnose] ${method.name}: expected variables to change, received none.`);
  for (const [, variable] of meant) {
    const changed = change(variable);
    variable.assign(changed);
    changed.dispose();
  }
}

/**
 * Centers are computed and never taken off.
 *
 * @param {Method} method @returns {Method}
 */
export const withoutCenters = (method) => ({
  ...method,
  afterStep(context) {
    method.afterStep?.(context);
    setVariables(method, (name) => /(^|_)center$/.test(name), (value) => zerosLike(value));
  },
});

/** The decoder does not know which patch it is to predict. @param {Method} method @returns {Method} */
export function withoutDecoderPositions(method) {
  setVariables(method, (name) => name.endsWith("decoder_pos_embed"), (value) => zerosLike(value));
  return method;
}

/**
 * Starts the patch embedding smaller, as for pixels in other units.
 *
 * @param {number} factor
 * @returns {(method: Method) => Method}
 */
export const smallerPatchEmbedding = (factor) => (method) => {
  setVariables(method, (name) => name.endsWith("patch_embed.proj.weight"), (value) => mul(value, 1 / factor));
  return method;
};
