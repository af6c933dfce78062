import { type Encoder, type Float, type ForwardContext, patchTokensOf, pooledFeature, pooledFeatures } from "@ssl-vit/core";
import { gatherMasked, type MaskedPatches } from "@ssl-vit/masking";
import { concat, reshape, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Views of a batch for a student whose global views have holes. */
export interface ViewsWithHoles {
  /** [G·B, Y, X, C], view by view. */
  readonly globals: Float<"B Y X C">;
  /** Smaller ones of the same images, [B, y, x, C] each, seen as they are; may be none. */
  readonly locals: readonly Float<"B Y X C">[];
  /** [G·B, P], 1 = masked. */
  readonly mask: Float<"B P">;
  /** `maskedPatches` of the mask. */
  readonly masked: MaskedPatches;
  /** Stands for masked patches before positions are added: D values. */
  readonly maskToken: Tensor;
}

/** Tokens after the final norm. The caller owns them. */
export type MaskedViewTokens = Readonly<{
  /** [CLS] of the global views, [G·B, D] (or the mean of the patches of an encoder without one). */
  globalCls: Float<"B D">;
  /** [CLS] of all views, global ones first, [V·B, D]. */
  cls: Float<"B D">;
  /** The masked patches, one row for each of `masked.indices`, [M, D]. */
  patches: Float<"M D">;
}>;

/** What the student of iBOT and DINOv2 makes of a batch, in one pass for each size of view. */
export function encodeMaskedViews(encoder: Encoder, { globals, locals, mask, masked, maskToken }: ViewsWithHoles, context?: ForwardContext): MaskedViewTokens {
  return tidy(() => {
    const patches = encoder.embedPatches(globals, { mask, token: reshape(maskToken, [encoder.layout.embedDim]) });
    const tokens = encoder.encodeTokens(patches, context); // [G·B, N, D]
    const globalCls = pooledFeature(encoder, tokens);
    const ofLocals = context && { ...context, firstView: globals.shape[0] / (locals[0]?.shape[0] ?? 1) };
    const localCls = locals.length === 0 ? [] : [pooledFeatures(encoder, concat([...locals]), ofLocals)]; // [L·B, D]
    return { globalCls, cls: concat([globalCls, ...localCls]), patches: gatherMasked(patchTokensOf(encoder, tokens), masked) };
  });
}
