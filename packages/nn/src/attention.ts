import { assertShape, backendKernel, type Float, withGradient } from "@ssl-vit/core";
import { concat, matMul, mul, softmax, split, sub, sum, type Tensor, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { byHead, headWidth, joinHeads, splitHeads } from "./split-heads.js";

/**
 * Multi-head self-attention, softmax(Q·Kᵀ ÷ √(D ÷ H))·V for each head (Vaswani et al., arXiv 1706.03762).
 *
 * @param qkv queries, keys, values beside each other, [B, N, 3·D], each a row of H heads
 * @returns the heads' outputs joined, [B, N, D]; the caller's
 * @throws ShapeError when the last axis is not 3·H times something
 */
export function attention(qkv: Float<"B N D">, numHeads: number): Float<"B N D"> {
  const headDim = headWidth(qkv, numHeads);
  const [kernel, gradient] = [backendKernel("Attention"), backendKernel("AttentionGrad")];
  if (kernel !== undefined && gradient !== undefined) {
    return withGradient(
      [qkv],
      (save) => {
        const [y, logSums] = kernel({ qkv }, { numHeads }) as [Float<"B N D">, Tensor];
        save([qkv, y, logSums]); // no [B, H, N, N] is kept, nor ever made
        return y;
      },
      (dy, saved) => {
        const [savedQkv, y, logSums] = saved as [Tensor, Tensor, Tensor];
        return gradient({ qkv: savedQkv, y, logSums, dy }, { numHeads });
      },
    );
  }
  return withGradient(
    [qkv],
    (save) => {
      const { queries, keys, values } = splitHeads(qkv, numHeads); // queries are scaled
      const probabilities = softmax(matMul(queries, keys, false, true)); // [B, H, N, N]
      save([queries, keys, values, probabilities]);
      return joinHeads(matMul(probabilities, values));
    },
    (dy, saved) => {
      const [queries, keys, values, probabilities] = saved as [Tensor4D, Tensor4D, Tensor4D, Tensor4D];
      const dOutput = byHead(dy, numHeads); // [B, H, N, D/H]
      const weighted = mul(matMul(dOutput, values, false, true), probabilities);
      const dScores = sub(weighted, mul(probabilities, sum(weighted, -1, true))); // the softmax's gradient, [B, H, N, N]
      const dQueries = mul(matMul(dScores, keys), headDim ** -0.5);
      const dKeys = matMul(dScores, queries, true, false);
      const dValues = matMul(probabilities, dOutput, true, false);
      return [joinHeads(concat([dQueries, dKeys, dValues], 1) as Tensor4D)]; // of [B, 3·H, N, D/H]
    },
  );
}

/**
 * Attention of the first tokens alone, which attend to all: rows 0 to M - 1 of what `attention` gives, at M ÷ N of its cost.
 *
 * @param queries of the first tokens, [B, M, D], each a row of H heads
 * @param keysAndValues of all tokens beside each other, [B, N, 2·D]
 * @returns [B, M, D]; the caller's
 * @throws ShapeError when the sizes do not fit
 */
export function attentionOfFirst(queries: Float<"B N D">, keysAndValues: Float<"B N D">, numHeads: number): Float<"B N D"> {
  const [batch, , width] = queries.shape;
  assertShape("nn", "keysAndValues", keysAndValues, [batch, -1, 2 * width]);
  return tidy(() => {
    const [keys, values] = split(keysAndValues, 2, -1) as [Float<"B N D">, Float<"B N D">];
    const scaled = mul(byHead(queries, numHeads), (width / numHeads) ** -0.5);
    const probabilities = softmax(matMul(scaled, byHead(keys, numHeads), false, true)); // [B, H, M, N]
    return joinHeads(matMul(probabilities, byHead(values, numHeads)));
  });
}
