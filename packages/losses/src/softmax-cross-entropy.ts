import { assertShape, backendKernel, type BackendKernel, type Float, withGradient } from "@ssl-vit/core";
import { exp, expandDims, logSoftmax, mul, neg, sub, sum, type Tensor } from "@tensorflow/tfjs-core";

/** The kernels of both directions, where the current backend has them (@ssl-vit/backend-native). */
export function fusedCrossEntropy(): { readonly kernel: BackendKernel; readonly gradient: BackendKernel } | undefined {
  const [kernel, gradient] = [backendKernel("SoftmaxCrossEntropy"), backendKernel("SoftmaxCrossEntropyGrad")];
  return kernel === undefined || gradient === undefined ? undefined : { kernel, gradient };
}

/**
 * Cross-entropy of each row with the softmax of its logits, −Σ_k target_k·log softmax(logits)_k. Targets are any weights: they need not
 * sum to 1.
 *
 * @param logits scores, already divided by their temperature
 * @param targets a constant to the gradient
 * @returns [R], the caller's; differentiable in `logits` alone, with gradient softmax(logits)·Σ_k target_k − target
 * @throws ShapeError when the shapes differ
 */
export function softmaxCrossEntropy(logits: Float<"R K">, targets: Float<"R K">): Float<"R"> {
  assertShape("losses", "logits", logits, [-1, -1]);
  assertShape("losses", "targets", targets, logits.shape, "There is one target for each score.");
  const fused = fusedCrossEntropy();
  if (fused !== undefined) {
    return withGradient(
      [logits],
      (save) => {
        const [loss, logSums] = fused.kernel({ logits, targets }) as [Float<"R">, Tensor];
        save([logits, targets, logSums]);
        return loss;
      },
      (dy, saved) => fused.gradient({ logits: saved[0]!, targets: saved[1]!, logSums: saved[2]!, dy }),
    );
  }
  return withGradient(
    [logits],
    (save) => {
      const logProbabilities = logSoftmax(logits);
      save([logProbabilities, targets]);
      return neg<Float<"R">>(sum(mul(targets, logProbabilities), 1));
    },
    (dy, saved) => {
      const [logProbabilities, savedTargets] = saved as [Tensor, Tensor];
      const expected = mul(exp(logProbabilities), sum(savedTargets, 1, true)); // [R, K]
      return [mul(sub(expected, savedTargets), expandDims(dy, 1))];
    },
  );
}
