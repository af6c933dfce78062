import type { Float, ParameterMap, Random } from "@ssl-vit/core";
import { buffer, fanInUniform, filled, l2Normalize, linear } from "@ssl-vit/nn";
import { mul, tidy } from "@tensorflow/tfjs-core";

/** Options of `createPrototypes`. */
export interface PrototypesOptions {
  /** Length of a prototype. */
  readonly dim: number;
  /** Number of prototypes, K. */
  readonly prototypes: number;
  /** Fixes the length of every prototype at 1 (`norm_last_layer`). Default true. */
  readonly normalizeLastLayer?: boolean;
}

/** A weight-normalised linear layer without bias, whose rows are prototypes: the last layer of `createPrototypeHead`. */
export interface Prototypes {
  /** `weight_v` [K, D], and `weight_g` [K, 1] where lengths are learned. */
  readonly parameters: ParameterMap;
  /** `weight_g`, all 1, where lengths are fixed: saved for checkpoints' sake, not read. */
  readonly buffers: ParameterMap;
  /** [B, D] → scores [B, K], the caller's. Linear: the mean of the scores is the score of the mean. */
  score(rows: Float<"B D">): Float<"B K">;
}

/**
 * Scores are x·(g·v ÷ ‖v‖) for each prototype's direction v and length g (Salimans and Kingma, arXiv 1602.07868). Directions start as PyTorch's
 * linear layer, lengths as 1.
 */
export function createPrototypes(random: Random, { dim, prototypes, normalizeLastLayer = true }: PrototypesOptions): Prototypes {
  const direction = fanInUniform(random, [prototypes, dim]);
  const lengthShape = [prototypes, 1];
  const length = normalizeLastLayer ? buffer(new Float32Array(prototypes).fill(1), lengthShape) : filled(lengthShape, 1);
  return {
    parameters: normalizeLastLayer ? { weight_v: direction } : { weight_v: direction, weight_g: length },
    buffers: normalizeLastLayer ? { weight_g: length } : {},
    score: (rows) =>
      tidy(() => {
        const unit = l2Normalize(direction);
        return linear(rows, normalizeLastLayer ? unit : mul(unit, length)); // [B, K]
      }),
  };
}
