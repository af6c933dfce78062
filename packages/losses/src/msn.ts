/**
 * MSN, masked siamese networks: a masked view shall be assigned to prototypes as the whole image is, and all prototypes be used.
 *
 * Paper: Assran et al., https://arxiv.org/abs/2204.07141, equation 1.
 * Checked against lightly's MSNLoss and facebookresearch/msn (src/losses.py).
 */
import { assertShape, type Collective, ConfigError, type Float, ShapeError, singleProcess, withoutGradient } from "@ssl-vit/core";
import { add, log, matMul, maximum, mean, mul, softmax, sum, tidy, tile } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";
import { type MsnAssignmentOptions, msnAssignments } from "./msn-assignments.js";
import { normalizeRows } from "./normalize-rows.js";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** Options of {@link msn}. */
export interface MsnOptions extends MsnAssignmentOptions {
  /** Weight of ln K − entropy of the mean prediction. The paper's is 1. */
  readonly meanEntropyWeight: number;
  /** The other processes of the run: mean prediction and Sinkhorn-Knopp are of the whole batch. Default: there are none. */
  readonly collective?: Collective;
}

/** Smallest probability whose logarithm is taken: a prototype that nobody uses adds 0 to the entropy. */
const SMALLEST = 1e-30;

/**
 * Cross-entropy of the targets' assignments to prototypes with the anchors', averaged over anchors, plus meanEntropyWeight·(ln K − H(p̄)),
 * where p̄ is the mean of the anchors' distributions. On several processes the first term is of the process's own anchors, the second of
 * all: the mean of these losses is that of one process with the whole batch.
 *
 * @param anchors embeddings of the V masked views, one view of all images after the other
 * @param targets embeddings of the whole images, a constant to the gradient
 * @param prototypes learnable; all three are L2-normalised here
 * @returns a scalar that the caller owns, differentiable in `anchors` and `prototypes`
 * @throws ShapeError when the shapes do not belong together; ConfigError for options out of range
 */
export function msn(
  anchors: Float<"A D">,
  targets: Float<"B D">,
  prototypes: Float<"K D">,
  { temperature, sharpenTemperature, sinkhornIterations, meanEntropyWeight, collective = singleProcess }: MsnOptions,
): Float<""> {
  assertShape("losses", "targets", targets, [-1, -1]);
  const [batch, dim] = targets.shape;
  assertShape("losses", "anchors", anchors, [-1, dim], "Student and teacher heads must have the same width.");
  assertShape("losses", "prototypes", prototypes, [-1, dim], "Prototypes are compared with embeddings.");
  const views = anchors.shape[0] / batch;
  if (!(Number.isInteger(views) && views >= 1)) {
    throw new ShapeError({
      package: "losses",
      what: "anchors",
      expected: `a multiple of ${batch} rows`,
      received: `[${anchors.shape.join(", ")}]`,
      fix: "There is one target for each image, and an anchor for each of its masked views.",
    });
  }
  assertTemperature("temperature", temperature);
  assertTemperature("sharpenTemperature", sharpenTemperature);
  if (!Number.isFinite(meanEntropyWeight)) {
    throw new ConfigError({ package: "losses", what: "meanEntropyWeight", expected: "a finite number", received: String(meanEntropyWeight) });
  }
  return tidy(() => {
    const assigned = msnAssignments(targets, prototypes, { temperature, sharpenTemperature, sinkhornIterations, collective });
    const assignments = withoutGradient(() => tile<Float<"A K">>(assigned, [views, 1]));
    const scores: Float<"A K"> = matMul(mul<Float<"A D">>(normalizeRows(anchors), 1 / temperature), normalizeRows(prototypes), false, true); // [V·B, K]
    const crossEntropy = mean(softmaxCrossEntropy(scores, assignments));

    const meanPrediction = collective.allReduce(mean(softmax(scores), 0), "mean"); // [K]
    const negativeEntropy = sum(mul(meanPrediction, log(maximum(meanPrediction, SMALLEST))));
    return add<Float<"">>(crossEntropy, mul(add(negativeEntropy, Math.log(prototypes.shape[0])), meanEntropyWeight));
  });
}
