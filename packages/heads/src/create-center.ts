import type { Collective, Float } from "@ssl-vit/core";
import { updateCenter } from "@ssl-vit/losses";
import { buffer } from "@ssl-vit/nn";
import { dispose, keep, mean, type Rank, reshape, stack, tidy, type Variable } from "@tensorflow/tfjs-core";

/** The running mean of a teacher's scores, which is taken from them before the softmax (DINO, equation 4). */
export interface Center {
  /** [K], zero at the start. A buffer of the method's. */
  readonly value: Variable<Rank.R1>;
  /**
   * Keeps the mean of a batch's scores for `advance`. Every process brings as many rows; on each the mean is that of all.
   *
   * @param scores [B, K], or their mean as one row. They stay the caller's
   */
  note(scores: Float<"B K">, collective: Collective): void;
  /** Moves the center to momentum·center + (1 − momentum)·mean, once for all batches noted since the last time; without any it stays. */
  advance(momentum: number): void;
}

/** @param prototypes K */
export function createCenter(prototypes: number): Center {
  const value = buffer(new Float32Array(prototypes), [prototypes]) as Variable<Rank.R1>;
  // The center moves after the step, not between the batches that a step accumulates.
  const pending: Float<"K">[] = [];
  return {
    value,

    note(scores, collective) {
      pending.push(tidy(() => keep(collective.allReduce(mean<Float<"K">>(scores, 0), "mean"))));
    },

    advance(momentum) {
      const batchMeans = pending.splice(0);
      if (batchMeans.length === 0) return;
      const updated = tidy(() => {
        const means: Float<"V B K"> = reshape(stack(batchMeans), [1, batchMeans.length, prototypes]);
        return updateCenter(value, means, { momentum });
      });
      value.assign(updated);
      dispose([...batchMeans, updated]);
    },
  };
}
