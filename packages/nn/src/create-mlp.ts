import { prefixParameters, type Random } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { createLinear } from "./create-linear.js";
import type { Initializer } from "./initializers.js";
import type { Layer } from "./layer.js";

/** Options of `createMlp`. */
export interface MlpOptions {
  readonly dim: number;
  readonly hiddenDim: number;
  /** Start of the weights. Default: that of `createLinear`. */
  readonly initialize?: Initializer;
}

/** A block's two-layer perceptron with GELU between: parameters `fc1.weight`, `fc1.bias`, `fc2.weight`, `fc2.bias`. */
export function createMlp(random: Random, { dim, hiddenDim, ...start }: MlpOptions): Layer {
  const fc1 = createLinear(random.derive("fc1"), { inputDim: dim, outputDim: hiddenDim, activation: "gelu", ...start });
  const fc2 = createLinear(random.derive("fc2"), { inputDim: hiddenDim, outputDim: dim, ...start });
  return {
    parameters: prefixParameters({ fc1: fc1.parameters, fc2: fc2.parameters }),
    apply: (input) => tidy(() => fc2.apply(fc1.apply(input))),
  };
}
