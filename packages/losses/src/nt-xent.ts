/**
 * NT-Xent, the normalised and temperature-scaled cross-entropy of SimCLR.
 *
 * Paper: Chen et al., https://arxiv.org/abs/2002.05709, equation 1.
 * Checked against lightly's NTXentLoss. google-research/simclr (objective.py) adds the two directions instead of averaging
 * over all anchors: its loss is twice this one.
 */
import { assertShape, type Collective, type Float, singleProcess } from "@ssl-vit/core";
import { add, concat, matMul, mul, sum, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assertRows } from "./assert-rows.js";
import { assertTemperature } from "./assert-temperature.js";
import { normalizeRows } from "./normalize-rows.js";
import { oneAt } from "./one-at.js";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** Options of {@link ntXent}. */
export interface NtXentOptions {
  /** Cosine similarities are divided by it. */
  readonly temperature: number;
  /** The other processes of the run: their embeddings are negatives as well. Default: there are none. */
  readonly collective?: Collective;
}

/** Takes an anchor's similarity to itself out of the softmax. */
const EXCLUDED = -1e9;

/**
 * Mean over the 2B anchors of −log softmax(similarity / temperature) at the anchor's positive, the other view of its image.
 * Every other embedding is a negative, except the anchor itself. On several processes each computes the mean over its own
 * anchors: the mean of these losses, gradients included, is that of one process with the whole batch.
 *
 * @param z0 embeddings of the first views, any length; rows are L2-normalised here
 * @param z1 embeddings of the second views, row by row of the same images
 * @returns a scalar that the caller owns, differentiable in both views
 * @throws ShapeError when the views differ in shape, or when the batch of all processes is a single row, which has no negative; ConfigError
 *   for a temperature that is not above 0
 */
export function ntXent(z0: Float<"B D">, z1: Float<"B D">, { temperature, collective = singleProcess }: NtXentOptions): Float<""> {
  assertShape("losses", "z0", z0, [-1, -1]);
  assertShape("losses", "z1", z1, z0.shape, "Both views must hold the same images, embedded by the same head.");
  assertRows("z0", z0, collective);
  assertTemperature("temperature", temperature);
  const batch = z0.shape[0];
  const anchors = 2 * batch;
  return tidy(() => {
    const rows = normalizeRows(concat([z0, z1])); // [2B, D]
    const candidates = collective.allGather(rows); // [2BW, D] for W processes
    const similarities: Float<"A C"> = matMul(mul<Float<"B D">>(rows, 1 / temperature), candidates, false, true); // [2B, 2BW]
    const own = (shift: number): Float<"A C"> => {
      const columns = Int32Array.from({ length: anchors }, (_, anchor) => collective.rank * anchors + ((anchor + shift) % anchors));
      return oneAt(tensor1d(columns, "int32"), candidates.shape[0]);
    };
    const others = add<Float<"A C">>(similarities, mul(own(0), EXCLUDED));
    return mul<Float<"">>(sum(softmaxCrossEntropy(others, own(batch))), 1 / anchors);
  });
}
