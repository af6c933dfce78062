import { type Float, ShapeError } from "@ssl-vit/core";
import { mul, reshape, split, type Tensor3D, transpose } from "@tensorflow/tfjs-core";

/**
 * Width of one head of qkv [B, N, 3·D], D ÷ H.
 *
 * @throws ShapeError when the last axis is not 3·H times something
 */
export function headWidth(qkv: Float<"B N D">, numHeads: number): number {
  const width = qkv.shape[2];
  if (width % (3 * numHeads) === 0) return width / 3 / numHeads;
  throw new ShapeError({
    package: "nn",
    what: "qkv",
    expected: `a last axis that 3 · ${numHeads} heads divide`,
    received: `[${qkv.shape.join(", ")}]`,
  });
}

interface Heads {
  /** Divided by √(D ÷ H). */
  readonly queries: Float<"B H N D">;
  readonly keys: Float<"B H N D">;
  readonly values: Float<"B H N D">;
}

/** Rows of H heads as one matrix a head, [B, N, D] → [B, H, N, D/H]. */
export function byHead(rows: Float<"B N D">, numHeads: number): Float<"B H N D"> {
  const [batch, tokens, width] = rows.shape;
  return transpose(reshape(rows, [batch, tokens, numHeads, width / numHeads]), [0, 2, 1, 3]);
}

/** The other way, [B, H, N, D/H] → [B, N, D]. */
export function joinHeads(heads: Float<"B H N D">): Float<"B N D"> {
  const [batch, numHeads, tokens, headDim] = heads.shape;
  return reshape(transpose(heads, [0, 2, 1, 3]), [batch, tokens, numHeads * headDim]);
}

/**
 * [B, N, 3·D] → three times [B, H, N, D/H]. Three transpositions of rank 4 rather than one of rank 5, for which wasm has only a slow path
 * (20 times slower at [8, 65, 3, 3, 64]).
 */
export function splitHeads(qkv: Float<"B N D">, numHeads: number): Heads {
  const scale = headWidth(qkv, numHeads) ** -0.5;
  const [queries, keys, values] = split(qkv, 3, -1) as [Tensor3D, Tensor3D, Tensor3D];
  return { queries: byHead(mul(queries, scale), numHeads), keys: byHead(keys, numHeads), values: byHead(values, numHeads) };
}
