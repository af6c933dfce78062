import type { Collective, Float, ScoredAlternatives } from "@ssl-vit/core";
import { scoredPrototypes, updateCenter } from "@ssl-vit/losses";
import { buffer } from "@ssl-vit/nn";
import { addN, concat, dispose, div, greater, keep, maximum, type Rank, reshape, slice, sub, sum, tensor1d, tidy, type Variable, where, zeros } from "@tensorflow/tfjs-core";

/** The running mean of a teacher's scores, which is taken from them before the softmax (DINO, equation 4). */
export interface Center {
  /** [K], zero at the start. A buffer of the method's. */
  readonly value: Variable<Rank.R1>;
  /**
   * Keeps a batch's scores, as their sum and number over all processes, for `advance`. Every process may bring another number of rows.
   *
   * @param scores [B, K], or a mean of theirs as one row, which counts as one. They stay the caller's
   * @param count rows at the front that count; may be 0. Default: all
   */
  note(scores: Float<"B K">, collective: Collective, count?: number): void;
  /**
   * What a softmax makes of scores less the center, for a look that leaves no trace. The caller owns the tensors.
   *
   * @param scores [B, K]; they stay the caller's
   */
  show(scores: Float<"B K">, temperature: number): ScoredAlternatives;
  /**
   * Moves the center to momentum·center + (1 − momentum)·mean, once for all batches noted since the last time: the mean is that of all their
   * rows, those of every process. Without a row it stays.
   */
  advance(momentum: number): void;
}

/**
 * A center of zeros.
 *
 * @param prototypes K
 */
export function createCenter(prototypes: number): Center {
  const value = buffer(new Float32Array(prototypes), [prototypes]) as Variable<Rank.R1>;
  // The center moves after the step, not between the batches that a step accumulates. Each is [K + 1]: the sum of its rows, and how many they are.
  const pending: Float<"K">[] = [];
  return {
    value,

    note(scores, collective, count = scores.shape[0]) {
      const noted = tidy(() => {
        const total = count === 0 ? zeros<Rank.R1>([prototypes]) : sum<Float<"K">>(slice(scores, 0, count), 0);
        return keep(collective.allReduce<Float<"K">>(concat([total, tensor1d([count])]), "sum"));
      });
      pending.push(noted);
    },

    show(scores, temperature) {
      const centered = sub<Float<"B K">>(scores, value);
      const shown = scoredPrototypes(centered, temperature);
      centered.dispose();
      return shown;
    },

    advance(momentum) {
      const noted = pending.splice(0);
      if (noted.length === 0) return;
      const updated = tidy(() => {
        const totals: Float<"K"> = addN(noted);
        const rows = slice(totals, prototypes, 1);
        const mean: Float<"V B K"> = reshape(div(slice(totals, 0, prototypes), maximum(rows, 1)), [1, 1, prototypes]);
        return where<Float<"K">>(greater(rows, 0), updateCenter(value, mean, { momentum }), value);
      });
      value.assign(updated);
      dispose([...noted, updated]);
    },
  };
}
