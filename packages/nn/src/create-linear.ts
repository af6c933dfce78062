import type { Random } from "@ssl-vit/core";
import type { Activation } from "./activations.js";
import { filled, type Initializer, truncatedNormal } from "./initializers.js";
import type { Layer } from "./layer.js";
import { linear } from "./linear.js";

/** Options of `createLinear`. */
export interface LinearOptions {
  readonly inputDim: number;
  readonly outputDim: number;
  /** Default true; starts at 0. */
  readonly bias?: boolean;
  /** Applied to the result. Default: none. */
  readonly activation?: Activation;
  /** Start of the weight. Default: normal with deviation 0.02. */
  readonly initialize?: Initializer;
}

/** The start of every linear layer of timm's Vision Transformer. */
const timmWeight: Initializer = (random, shape) => truncatedNormal(random, shape, 0.02);

/** A linear layer: parameters `weight` [out, in] and, unless switched off, `bias` [out]. */
export function createLinear(
  random: Random,
  { inputDim, outputDim, bias = true, activation, initialize = timmWeight }: LinearOptions,
): Layer {
  const weight = initialize(random.derive("weight"), [outputDim, inputDim]);
  const offset = bias ? filled([outputDim], 0) : undefined;
  return {
    parameters: offset === undefined ? { weight } : { weight, bias: offset },
    apply: (input) => linear(input, weight, offset, activation),
  };
}
