import { ConfigError, type Float, type Random } from "@ssl-vit/core";
import { mul, tensor3d, tidy } from "@tensorflow/tfjs-core";

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
  if (!(rate >= 0 && rate < 1))
    throw new ConfigError({ package: "nn", what: "rate", expected: "a number in [0, 1)", received: String(rate) });
  const [batch] = x.shape;
  const factors = random.uniforms(batch).map((draw) => (draw < rate ? 0 : 1 / (1 - rate)));
  return tidy(() => mul(x, tensor3d(factors, [batch, 1, 1])));
}
