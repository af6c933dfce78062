import { ConfigError, type Float, type ForwardContext, type Random } from "@ssl-vit/core";
import { mul, reshape, type Tensor, type Tensor1D, tensor1d, tidy } from "@tensorflow/tfjs-core";

/** Which samples the rows are: those of `ForwardContext`. */
type Rows = Pick<ForwardContext, "firstRow" | "indices" | "firstView">;

/** More views than any image has. */
const MOST_VIEWS = 1024;

/** A number in [0, 1) for each row: by its image and view where they are known, else by its place. */
function drawsOf(rows: number, random: Random, { firstRow = 0, indices, firstView = 0 }: Rows): Float32Array {
  if (indices === undefined) return random.uniforms(firstRow + rows).subarray(firstRow);
  return Float32Array.from({ length: rows }, (_, row) => {
    const view = firstView + Math.floor((firstRow + row) / indices.length);
    return random.derive(indices[(firstRow + row) % indices.length]! * MOST_VIEWS + view).uniform();
  });
}

/**
 * What stochastic depth multiplies each sample's branch with: 0 with probability `rate`, else 1 ÷ (1 - rate).
 *
 * @param rows which samples they are: the draws of a sample are its own
 * @throws ConfigError for a rate outside [0, 1)
 */
export function dropFactors(batch: number, rate: number, random: Random, rows: Rows = {}): Tensor1D {
  if (!(rate >= 0 && rate < 1))
    throw new ConfigError({ package: "nn", what: "rate", expected: "a number in [0, 1)", received: String(rate) });
  return tensor1d(drawsOf(batch, random, rows).map((draw) => (draw < rate ? 0 : 1 / (1 - rate))));
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
