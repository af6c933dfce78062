import { ConfigError, type Float, type Random } from "@ssl-vit/core";
import { mul, reshape, type Tensor, type Tensor1D, tensor1d, tidy } from "@tensorflow/tfjs-core";

/**
 * What stochastic depth multiplies each sample's branch with: 0 with probability `rate`, else 1 ÷ (1 - rate).
 *
 * @param firstRow place of the first sample in the whole batch: a part of it has the draws of its own samples
 * @throws ConfigError for a rate outside [0, 1)
 */
export function dropFactors(batch: number, rate: number, random: Random, firstRow = 0): Tensor1D {
  if (!(rate >= 0 && rate < 1))
    throw new ConfigError({ package: "nn", what: "rate", expected: "a number in [0, 1)", received: String(rate) });
  const draws = random.uniforms(firstRow + batch).subarray(firstRow);
  return tensor1d(draws.map((draw) => (draw < rate ? 0 : 1 / (1 - rate))));
}

/** Each sample of x [B, N, D] times its factor, [B]. */
export function scaleSamples(x: Float<"B N D">, factors: Tensor): Float<"B N D"> {
  return mul(x, reshape(factors, [-1, 1, 1]));
}

/**
 * Stochastic depth (Huang et al., arXiv 1603.09382), timm's `DropPath`: sets whole samples to 0 with probability `rate` and divides the
 * others by 1 - rate, so that the mean stays.
 *
 * @param x [B, N, D], the output of a residual branch
 * @param rate in [0, 1)
 * @param random the stream of this draw
 * @returns [B, N, D]; the caller's
 * @throws ConfigError for another rate
 */
export function dropPath(x: Float<"B N D">, rate: number, random: Random): Float<"B N D"> {
  return tidy(() => scaleSamples(x, dropFactors(x.shape[0], rate, random)));
}
