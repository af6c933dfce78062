import type { Encoder, Float } from "@ssl-vit/core";
import { tokenFeatures } from "./token-features.js";

/** Features of images after each block, the first one first, [B, Y, X, C] → depth times [B, D]; of an encoder that gives its blocks' outputs. Within a tidy. */
export const blockFeatures = (encoder: Encoder, images: Float<"B Y X C">, layer: "cls" | "mean"): Float<"B D">[] =>
  encoder.encodeNormalizedBlocks!(encoder.embedPatches(images), encoder.layout.depth).map((tokens) => tokenFeatures(encoder, layer, [tokens]));
