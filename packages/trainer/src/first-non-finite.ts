import type { Float, Method, ViewBatch } from "@ssl-vit/core";
import { all, dispose, isFinite as isFiniteTensor, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** True when every value is a number: neither NaN nor infinite. */
const allFinite = (tensor: Tensor): boolean => tensor.size === 0 || tidy(() => all(isFiniteTensor(tensor)).dataSync()[0] === 1);

const firstOf = (tensors: Iterable<readonly [string, Tensor]>): string | undefined => {
  for (const [name, tensor] of tensors) if (!allFinite(tensor)) return name;
  return undefined;
};

/** Where in the encoder the numbers of an image are lost, looked at as evaluation does. */
function firstInEncoder({ encoder }: Method, name: string, images: Float<"B Y X C">): string | undefined {
  const patches = encoder.embedPatches(images);
  const blocks = allFinite(patches) ? (encoder.encodeBlocks?.(patches, encoder.layout.depth) ?? []) : [];
  const block = blocks.findIndex((tokens) => !allFinite(tokens));
  const tokens = encoder.encode(images);
  const isWhole = allFinite(tokens);
  const where = !allFinite(patches) ? "the patch embedding" : block >= 0 ? `block ${block}` : isWhole ? undefined : "the final norm";
  dispose([patches, ...blocks, tokens]);
  return where === undefined ? undefined : `what ${where} makes of view "${name}"`;
}

/** Where numbers were lost. */
export interface LostNumbers {
  readonly name: string;
  /** How far on the way from the images to the loss: what another process has spoilt comes late in this one. */
  readonly stage: number;
}

/**
 * The first tensor with a value that is no number on the way from the images to the loss: views, trained weights, the evaluated encoder's
 * patch embedding and blocks, then buffers, which the same forward pass may have spoilt (batch statistics) or an earlier one (a teacher, a queue).
 */
export function firstNonFinite(method: Method, { views }: ViewBatch): LostNumbers {
  const searches: readonly (() => string | undefined)[] = [
    () => firstOf(views.map(({ name, images }) => [`view "${name}"`, images] as const)),
    () => firstOf(Object.entries(method.trainable)),
    ...views.map(({ name, images }) => () => firstInEncoder(method, name, images)),
    () => firstOf(Object.entries(method.buffers)),
  ];
  for (const [stage, search] of searches.entries()) {
    const name = search();
    if (name !== undefined) return { name, stage };
  }
  return { name: "in the heads or in the loss: views, weights, buffers and what the evaluated encoder makes of the views are finite", stage: searches.length };
}

/** Names the first gradient, in the order of the parameters, that has a value which is no number, and how many there are. */
export function firstNonFiniteGradient(gradients: Readonly<Record<string, Tensor>>): string | undefined {
  const names = Object.entries(gradients).flatMap(([name, gradient]) => (allFinite(gradient) ? [] : [name]));
  const [first] = names;
  if (first === undefined) return undefined;
  return names.length === 1 ? `the gradient of ${first}` : `the gradient of ${first} (and of ${names.length - 1} of ${Object.keys(gradients).length} parameters)`;
}
