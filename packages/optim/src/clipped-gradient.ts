import { mul, type Tensor } from "@tensorflow/tfjs-core";
import type { ParameterUpdate } from "./update-rule.js";

/** The gradient after clipping: a new tensor, or the gradient itself where nothing is clipped. */
export const clippedGradient = ({ gradient, clipFactor }: ParameterUpdate): Tensor => (clipFactor === undefined ? gradient : mul(gradient, clipFactor));
