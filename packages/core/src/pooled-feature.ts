import { concat, mean, reshape, slice, tidy } from "@tensorflow/tfjs-core";
import type { Float } from "./axes.js";
import type { Encoder, ForwardContext } from "./encoder.js";

/** Patch tokens of an encoder's output, [B, N, D] → [B, P, D]. The caller owns the result. */
export function patchTokensOf(encoder: Encoder, tokens: Float<"B N D">): Float<"B P D"> {
  const prefix = (encoder.layout.hasClsToken ? 1 : 0) + encoder.layout.registerTokens;
  return slice(tokens, [0, prefix, 0]);
}

/**
 * One vector an image, [B, N, D] → [B, D]: the [CLS] token, or the mean of the patch tokens of an encoder without one.
 * The caller owns the result.
 */
export function pooledFeature(encoder: Encoder, tokens: Float<"B N D">): Float<"B D"> {
  return tidy(() => {
    if (!encoder.layout.hasClsToken) return mean<Float<"B D">>(patchTokensOf(encoder, tokens), 1);
    const [batch, , dim] = tokens.shape;
    const cls: Float<"B D"> = reshape(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
    return cls;
  });
}

/**
 * `pooledFeature` of images, [B, Y, X, C] → [B, D], without computing tokens that do not reach it, where the encoder can tell.
 * The caller owns the result.
 */
export function pooledFeatures(encoder: Encoder, images: Float<"B Y X C">, context?: ForwardContext): Float<"B D"> {
  if (encoder.layout.hasClsToken && encoder.encodeCls !== undefined) return encoder.encodeCls(images, context);
  return tidy(() => pooledFeature(encoder, encoder.encode(images, context)));
}

/**
 * `pooledFeatures` of groups of views, each of one size: one forward pass a group, of all its views, [V·B, D] for each that has any. Views are
 * numbered through, so that each has draws of its own. The caller owns the results.
 */
export function pooledGroups(encoder: Encoder, groups: readonly (readonly Float<"B Y X C">[])[], context?: ForwardContext): Float<"B D">[] {
  let firstView = 0;
  return groups.flatMap((views) => {
    if (views.length === 0) return [];
    const features = tidy(() => pooledFeatures(encoder, concat([...views]), context && { ...context, firstView }));
    firstView += views.length;
    return [features];
  });
}
