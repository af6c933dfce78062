import { type Float, ShapeError } from "@ssl-vit/core";
import { mul, reshape, split, type Tensor3D, transpose } from "@tensorflow/tfjs-core";

interface Heads {
  /** Divided by √(D ÷ H). */
  readonly queries: Float<"B H N D">;
  readonly keys: Float<"B H N D">;
  readonly values: Float<"B H N D">;
}

/**
 * [B, N, 3·D] → three times [B, H, N, D/H]. Three transpositions of rank 4 rather than one of rank 5, for which wasm has only a slow path
 * (20 times slower at [8, 65, 3, 3, 64]).
 */
export function splitHeads(qkv: Float<"B N D">, numHeads: number): Heads {
  const [batch, tokens, width] = qkv.shape;
  if (width % (3 * numHeads) !== 0) {
    throw new ShapeError({
      package: "nn",
      what: "qkv",
      expected: `a last axis that 3 · ${numHeads} heads divide`,
      received: `[${qkv.shape.join(", ")}]`,
    });
  }
  const headDim = width / 3 / numHeads;
  const byHead = (part: Tensor3D): Float<"B H N D"> => transpose(reshape(part, [batch, tokens, numHeads, headDim]), [0, 2, 1, 3]);
  const [queries, keys, values] = split(qkv, 3, -1) as [Tensor3D, Tensor3D, Tensor3D];
  return { queries: byHead(mul(queries, headDim ** -0.5)), keys: byHead(keys), values: byHead(values) };
}
