import type { TensorInfo } from "@tensorflow/tfjs-core";
import { float, like, rule, type ShapeRules } from "./shape-rule.js";

/** Losses, optimizers and moving averages that @ssl-vit/backend-native has as kernels. */
export const trainingRules: ShapeRules = {
  SoftmaxCrossEntropy: rule<{ logits: TensorInfo }>(({ inputs: { logits } }) => ({ outputs: [float([logits.shape[0]!]), float([logits.shape[0]!])] })),
  SoftmaxCrossEntropyGrad: rule<{ logits: TensorInfo }>(({ inputs: { logits } }) => ({ outputs: like(logits) })),
  // Parameters, gradients, first and second moments; the gradients stay as they are.
  AdamW: rule<readonly TensorInfo[]>(({ inputs }) => {
    const count = inputs.length / 4;
    return { outputs: [...inputs.slice(0, count), ...inputs.slice(2 * count)].map(like), lasting: true };
  }),
  ExponentialMovingAverage: rule<readonly TensorInfo[]>(({ inputs }) => ({ outputs: inputs.slice(0, inputs.length / 2).map(like), lasting: true })),
  SquaredNorms: rule<readonly TensorInfo[]>(({ inputs }) => ({ outputs: float([inputs.length]) })),
};
