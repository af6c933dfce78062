import { type Encoder, type Float, patchTokensOf, pooledFeature } from "@ssl-vit/core";
import { concat, mean } from "@tensorflow/tfjs-core";
import type { TokenLayer } from "./choose-tokens.js";

/** The chosen features of the tokens of a block (of four blocks for `"last4"`). Within a tidy. */
export function tokenFeatures(encoder: Encoder, layer: TokenLayer, blocks: readonly Float<"B N D">[]): Float<"B D"> {
  const tokens = blocks.at(-1)!;
  const clsOf = (ofBlock: Float<"B N D">): Float<"B D"> => pooledFeature(encoder, ofBlock);
  const patchMean = (): Float<"B D"> => mean(patchTokensOf(encoder, tokens), 1);
  if (layer === "last4") return concat(blocks.map(clsOf), 1); // [B, 4·D]
  if (layer === "mean") return patchMean();
  return layer === "cls" ? clsOf(tokens) : concat([clsOf(tokens), patchMean()], 1); // [B, 2·D]
}
