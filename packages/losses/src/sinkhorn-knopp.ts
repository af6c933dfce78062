/**
 * Sinkhorn-Knopp as SwAV uses it: soft assignments to prototypes, of which each prototype gets an equal share of the batch.
 *
 * Papers: Caron et al., https://arxiv.org/abs/2006.09882, equation 3; Cuturi, https://arxiv.org/abs/1306.0895.
 * Checked against facebookresearch/swav (main_swav.py, distributed_sinkhorn).
 * Deviation: the first iteration is carried out in logarithms, log-sum-exp by column and softmax by row, so that scores of any size neither
 * overflow nor leave a prototype or an image without weight. The values are the same.
 */
import { assertShape, type Collective, ConfigError, type Float, singleProcess, withoutGradient } from "@ssl-vit/core";
import { div, fill, logSumExp, mul, type Rank, softmax, sub, sum, zeros } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";

/** Options of {@link sinkhornKnopp}. */
export interface SinkhornKnoppOptions {
  /** Scores are divided by it: the smaller, the harder the assignment. SwAV's is 0.05. */
  readonly epsilon: number;
  /** How often prototypes, then images, are normalised. SwAV's is 3. */
  readonly iterations: number;
  /** The other processes of the run: prototypes are shared out over the whole batch. Default: there are none. */
  readonly collective?: Collective;
}

/**
 * exp(scores / epsilon), normalised in turn over the images of all processes for each prototype and over the prototypes for each image. Processes
 * may have different numbers of images, and some none.
 *
 * @returns [B, K], rows of sum 1, the caller's; a constant to every gradient
 * @throws ShapeError for scores that are not [B, K]; ConfigError for an epsilon that is not above 0 or less than one iteration
 */
export function sinkhornKnopp(scores: Float<"B K">, { epsilon, iterations, collective = singleProcess }: SinkhornKnoppOptions): Float<"B K"> {
  assertShape("losses", "scores", scores, [-1, -1]);
  assertTemperature("epsilon", epsilon);
  if (!(Number.isInteger(iterations) && iterations >= 1)) {
    throw new ConfigError({ package: "losses", what: "iterations", expected: "a whole number of at least 1", received: String(iterations) });
  }
  return withoutGradient<Rank.R2>(() => {
    if (scores.shape[0] === 0) return withoutRows(scores.shape[1], iterations, collective);
    const logits: Float<"B K"> = mul(scores, 1 / epsilon);
    const ofProcesses = collective.allGather<Float<"W K">>(logSumExp(logits, 0, true)); // [W, K] for W processes
    let assignments = softmax<Float<"B K">>(sub(logits, logSumExp(ofProcesses, 0)));
    for (let iteration = 1; iteration < iterations; iteration++) {
      assignments = div(assignments, collective.allReduce(sum(assignments, 0), "sum"));
      assignments = div(assignments, sum(assignments, 1, true));
    }
    return assignments;
  });
}

/** The part of a process that has no row: it adds nothing to the prototypes' weights, but comes to every call. */
function withoutRows(prototypes: number, iterations: number, collective: Collective): Float<"B K"> {
  collective.allGather(fill([1, prototypes], -Infinity));
  for (let iteration = 1; iteration < iterations; iteration++) collective.allReduce(zeros([prototypes]), "sum");
  return zeros([0, prototypes]);
}
