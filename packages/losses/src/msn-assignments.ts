import { type Collective, type Float, withoutGradient } from "@ssl-vit/core";
import { logSoftmax, matMul, mul, type Rank, softmax } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";
import { sinkhornKnopp } from "./sinkhorn-knopp.js";

/** Options of {@link msnAssignments}. */
export interface MsnAssignmentOptions {
  /** Cosines with the prototypes are divided by it. The paper's is 0.1. */
  readonly temperature: number;
  /** Targets are sharpened to the power 1 / it. The paper's is 0.25. */
  readonly sharpenTemperature: number;
  /** Iterations of Sinkhorn-Knopp over the targets; 0 leaves them as they are. The paper's is 3. */
  readonly sinkhornIterations: number;
  /** The other processes of the run: Sinkhorn-Knopp is of the whole batch. Default: there are none. */
  readonly collective?: Collective;
}

/**
 * The distributions over prototypes that MSN's anchors shall predict: softmax of the cosines, sharpened, and shared out by Sinkhorn-Knopp.
 *
 * @param targets embeddings of the whole images; they and the prototypes are L2-normalised here
 * @returns [B, K], rows of sum 1, the caller's; a constant to every gradient
 */
export function msnAssignments(
  targets: Float<"B D">,
  prototypes: Float<"K D">,
  { temperature, sharpenTemperature, sinkhornIterations, collective }: MsnAssignmentOptions,
): Float<"B K"> {
  return withoutGradient<Rank.R2>(() => {
    // softmax(s / τ) to the power 1 / T, normalised again, is softmax(s / (τ·T)).
    const rows = mul<Float<"B D">>(normalizeRows(targets), 1 / (temperature * sharpenTemperature));
    const sharpened: Float<"B K"> = logSoftmax(matMul(rows, normalizeRows(prototypes), false, true));
    if (sinkhornIterations === 0) return softmax(sharpened);
    return sinkhornKnopp(sharpened, { epsilon: 1, iterations: sinkhornIterations, ...(collective === undefined ? {} : { collective }) });
  });
}
