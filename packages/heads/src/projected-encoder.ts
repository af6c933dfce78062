import { type Encoder, type Float, type ForwardContext, type ParameterMap, pooledGroups, prefixParameters } from "@ssl-vit/core";
import { concat, split, tidy } from "@tensorflow/tfjs-core";
import type { MlpHead } from "./create-mlp-head.js";

/** Views of a batch by size: images [B, Y, X, C] of each. */
type ViewGroups = readonly (readonly Float<"B Y X C">[])[];

/** An encoder with a projector on its pooled features: all that a teacher is, and a student but for its predictor. */
export interface ProjectedEncoder {
  readonly encoder: Encoder;
  /** For features that were pooled elsewhere: those of some of the patches. */
  readonly projector: MlpHead;
  /** `encoder.*` and `projector.*`. */
  readonly parameters: ParameterMap;
  /** `encoder.*` and `projector.*`. */
  readonly buffers: ParameterMap;
  /**
   * Projections of every view, group after group, [B, K] each, the caller's. The encoder sees a group at once, whose views have one size; the
   * projector each view alone, so that its norms take the statistics of one view. A group may be empty.
   */
  projectViews(groups: ViewGroups, context?: ForwardContext): Float<"B D">[];
  /**
   * Projections of the views of every group, one after the other, [V·B, K], the caller's. The encoder sees a group at once, whose views
   * have one size; the projector sees all of them together. A group may be empty.
   */
  projectGroups(groups: ViewGroups, context?: ForwardContext): Float<"B D">;
}

/** Joins an encoder and a projector whose input is as wide as the encoder's tokens. */
export function projectedEncoder(encoder: Encoder, projector: MlpHead): ProjectedEncoder {
  return {
    encoder,
    projector,
    parameters: prefixParameters({ encoder: encoder.parameters, projector: projector.parameters }),
    buffers: prefixParameters({ encoder: encoder.buffers, projector: projector.buffers }),
    projectViews: (groups, context) =>
      tidy(() => {
        const counts = groups.map(({ length }) => length).filter((count) => count > 0);
        // The gradient of a split into one part is broken in tfjs-core.
        const views = pooledGroups(encoder, groups, context).flatMap((features, group) => (counts[group] === 1 ? [features] : split<Float<"B D">>(features, counts[group]!)));
        return views.map((view) => projector.apply(view, context));
      }),
    projectGroups: (groups, context) => tidy(() => projector.apply(concat(pooledGroups(encoder, groups, context)), context)),
  };
}
