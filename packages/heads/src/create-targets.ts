import { type Collective, type Float, type ParameterMap, type ScoredAlternatives, withoutGradient } from "@ssl-vit/core";
import { sinkhornKnopp } from "@ssl-vit/losses";
import { clone, concat, div, type Rank, slice, softmax, sub, zeros } from "@tensorflow/tfjs-core";
import { createCenter } from "./create-center.js";

/** Options of `createTargets`. */
export interface TargetsOptions {
  /** Less their running mean (DINO), or shared out over the batch by Sinkhorn-Knopp (SwAV). */
  readonly kind: "center" | "sinkhorn";
  /** K */
  readonly prototypes: number;
  /** Of the center among a method's buffers. Default `"center"`. */
  readonly name?: string;
  /** Share of the center kept at each step. Default 0.9: DINO, iBOT, DINOv2. */
  readonly centerMomentum?: number;
  /** Of Sinkhorn-Knopp. Default 3: SwAV, DINOv2. */
  readonly iterations?: number;
}

/** What a student shall predict of a teacher's scores (DINOv2's two ways: `dino_clstoken_loss.py`, `ibot_patch_loss.py`). */
export interface Targets {
  /** The center [K], where there is one. */
  readonly buffers: ParameterMap;
  /**
   * Distributions over the prototypes, [B, K], the caller's; constants to every gradient.
   *
   * @param scores [B, K]; every process may bring another number of rows
   * @param options `temperature` divides the scores; `count` rows at the front count (default: all), the targets of the others are for nobody
   */
  of(scores: Float<"B K">, options: { readonly temperature: number; readonly collective: Collective; readonly count?: number }): Float<"B K">;
  /** What `of` makes of them, for a look that leaves no trace: the center does not hear of them. The caller owns the tensors. */
  show(scores: Float<"B K">, options: { readonly temperature: number; readonly collective: Collective }): ScoredAlternatives;
  /** Moves the center at the end of a step, towards the mean of all rows of the step, of every batch and process; without any it stays. */
  advance(): void;
}

/** Targets by a center that moves after the step, or by Sinkhorn-Knopp. */
export function createTargets({ kind, prototypes, name = "center", centerMomentum = 0.9, iterations = 3 }: TargetsOptions): Targets {
  if (kind === "sinkhorn") {
    return {
      buffers: {},
      of: (scores, { temperature, collective, count = scores.shape[0] }) =>
        withoutGradient<Rank.R2>(() => {
          const assigned = sinkhornKnopp(slice(scores, 0, count), { epsilon: temperature, iterations, collective });
          return count === scores.shape[0] ? assigned : concat([assigned, zeros([scores.shape[0] - count, prototypes])]);
        }),
      show: (scores, { temperature, collective }) => ({
        kind: "prototypes",
        scores: clone(scores),
        temperature,
        probabilities: sinkhornKnopp(scores, { epsilon: temperature, iterations, collective }),
      }),
      advance: () => undefined,
    };
  }
  const center = createCenter(prototypes);
  return {
    buffers: { [name]: center.value },
    of: (scores, { temperature, collective, count = scores.shape[0] }) =>
      withoutGradient<Rank.R2>(() => {
        center.note(scores, collective, count);
        return softmax<Float<"B K">>(div(sub(scores, center.value), temperature));
      }),
    show: (scores, { temperature }) => center.show(scores, temperature),
    advance: () => { center.advance(centerMomentum); },
  };
}
