import type { Float } from "@ssl-vit/core";
import { matMul, softmax, tidy } from "@tensorflow/tfjs-core";
import { splitHeads } from "./split-heads.js";

/**
 * What each token attends to, softmax(Q·Kᵀ ÷ √(D ÷ H)): the matrix that `attention` multiplies the values with. For pictures.
 *
 * @param qkv as in `attention`, [B, N, 3·D]
 * @returns [B, H, N, N], rows sum to 1; the caller's
 * @throws ShapeError when the last axis is not 3·H times something
 */
export function attentionProbabilities(qkv: Float<"B N D">, numHeads: number): Float<"B H N N"> {
  return tidy(() => {
    const { queries, keys } = splitHeads(qkv, numHeads);
    return softmax(matMul(queries, keys, false, true));
  });
}
