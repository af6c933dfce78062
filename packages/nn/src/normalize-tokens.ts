import type { Float } from "@ssl-vit/core";
import { ones, tidy, zeros } from "@tensorflow/tfjs-core";
import { layerNorm } from "./layer-norm.js";

/**
 * Each token by its own mean and biased variance, (x - mean) ÷ √(variance + ε): layer normalisation without weight and bias, as data2vec and I-JEPA
 * have it of their targets (`F.layer_norm`, whose ε is 1e-5).
 *
 * @param tokens [B, D] or [B, N, D]
 * @returns the shape of tokens; the caller's
 */
export function normalizeTokens<T extends Float<"B D"> | Float<"B N D">>(tokens: T, epsilon = 1e-5): T {
  return tidy(() => {
    const dim = tokens.shape.at(-1)!;
    return layerNorm(tokens, ones([dim]), zeros([dim]), epsilon);
  });
}
