/**
 * Features of images, as the protocols of the field take them from a ViT's tokens.
 *
 * Sources: DINO (https://arxiv.org/abs/2104.14294, Appendix F.2; upstream eval_linear.py: ViT-S concatenates the [CLS] tokens of the last 4 blocks,
 * ViT-B the [CLS] token with the mean of the patch tokens), DINOv2 (https://arxiv.org/abs/2304.07193).
 */
import { type Encoder, type Float, type ForwardContext, pooledFeatures } from "@ssl-vit/core";
import { tidy } from "@tensorflow/tfjs-core";
import { chooseTokens, joinedBlocks, type TokenChoice } from "./choose-tokens.js";
import { tokenFeatures } from "./token-features.js";

/**
 * Features of images, [B, Y, X, C] → [B, D], [B, 2·D] or [B, 4·D] as `TokenLayer` says; differentiable. Tokens that do not reach the [CLS] token
 * of the last block are not computed for it.
 *
 * @param context left out: evaluation, without drop path
 * @returns a tensor that the caller owns
 * @throws ConfigError as `chooseTokens`
 */
export function imageFeatures(encoder: Encoder, images: Float<"B Y X C">, choice: TokenChoice = {}, context?: ForwardContext): Float<"B D"> {
  const { layer, block } = chooseTokens(encoder, choice);
  if (layer === "cls" && block === undefined) return pooledFeatures(encoder, images, context);
  return tidy(() => {
    if (layer !== "last4" && block === undefined) return tokenFeatures(encoder, layer, [encoder.encode(images, context)]);
    const { depth } = encoder.layout;
    const last = block ?? depth;
    const taken = layer === "last4" ? joinedBlocks : 1;
    const blocks = encoder.encodeNormalizedBlocks!(encoder.embedPatches(images), depth - last + taken, context);
    return tokenFeatures(encoder, layer, blocks.slice(0, taken));
  });
}
