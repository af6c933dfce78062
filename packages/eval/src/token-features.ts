import { type Encoder, type Float, patchTokensOf } from "@ssl-vit/core";
import { concat, mean, reshape, slice } from "@tensorflow/tfjs-core";
import type { TokenLayer } from "./choose-tokens.js";

/** The [CLS] token, [B, N, D] → [B, D]. */
const clsOf = (tokens: Float<"B N D">): Float<"B D"> => reshape(slice(tokens, [0, 0, 0], [-1, 1, -1]), [tokens.shape[0], tokens.shape[2]]);

/** The chosen features of the tokens of a block (of four blocks for `"last4"`). Within a tidy. */
export function tokenFeatures(encoder: Encoder, layer: TokenLayer, blocks: readonly Float<"B N D">[]): Float<"B D"> {
  const tokens = blocks.at(-1)!;
  const patchMean = (): Float<"B D"> => mean(patchTokensOf(encoder, tokens), 1);
  if (layer === "last4") return concat(blocks.map(clsOf), 1); // [B, 4·D]
  if (layer === "mean") return patchMean();
  return layer === "cls" ? clsOf(tokens) : concat([clsOf(tokens), patchMean()], 1); // [B, 2·D]
}
