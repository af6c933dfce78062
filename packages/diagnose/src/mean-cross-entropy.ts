import { log, maximum, mean, mul, neg, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Least probability that a logarithm is taken of: the smallest normal number of float32, nearly. */
const tiny = 1e-37;

/** −Σ q·log p over the last axis, averaged over the others: a scalar, the caller's. Given the same rows as both, it is their mean entropy. */
export const meanCrossEntropy = (targets: Tensor, answers: Tensor): Tensor => tidy(() => neg(mean(sum(mul(targets, log(maximum(answers, tiny))), -1))));
