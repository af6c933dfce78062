import { filled } from "./initializers.js";
import type { Layer } from "./layer.js";
import { layerNorm } from "./layer-norm.js";

/** Options of `createLayerNorm`. */
export interface LayerNormOptions {
  readonly dim: number;
  /** Added to the variance. Default 1e-6, as Vision Transformers have it. */
  readonly epsilon?: number;
}

/** Layer normalisation: parameters `weight` [D], at first 1, and `bias` [D], at first 0. */
export function createLayerNorm({ dim, epsilon = 1e-6 }: LayerNormOptions): Layer {
  const weight = filled([dim], 1);
  const bias = filled([dim], 0);
  return { parameters: { weight, bias }, apply: (input) => layerNorm(input, weight, bias, epsilon) };
}
