import { createRandom, type Float, type Progress, singleProcess } from "@ssl-vit/core";
import { softmaxCrossEntropy } from "@ssl-vit/losses";
import type { Optimizer } from "@ssl-vit/optim";
import { dispose, mean, oneHot, tensor1d, tensor2d, variableGrads } from "@tensorflow/tfjs-core";
import type { ClassifierHead } from "./classifier-head.js";
import type { LabelledVectors } from "./pick-rows.js";

/** One step of a classifier on features: the mean cross-entropy, its gradient, the update. Returns the loss. */
export function trainClassifierHead(head: ClassifierHead, optimizer: Optimizer, { values, labels }: LabelledVectors, progress: Progress): number {
  const numClasses = head.parameters["head.bias"]!.size;
  // Nothing in a head is drawn at random.
  const context = { training: true, collective: singleProcess, random: createRandom(0) };
  const { value, grads } = variableGrads(
    () => {
      const scores = head.apply(tensor2d(values, [labels.length, values.length / labels.length]), context);
      const targets = oneHot(tensor1d(labels, "int32"), numClasses, 1, 0, "float32") as Float<"B K">;
      return mean<Float<"">>(softmaxCrossEntropy(scores, targets));
    },
    Object.values(head.parameters),
  );
  const gradients = Object.fromEntries(Object.entries(head.parameters).map(([name, variable]) => [name, grads[variable.name]!]));
  const { gradientNorm } = optimizer.apply(gradients, progress);
  const loss = value.dataSync()[0]!;
  dispose([value, gradientNorm, ...Object.values(grads)]);
  return loss;
}
