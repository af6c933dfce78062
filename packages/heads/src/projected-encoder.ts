import { type Encoder, type Float, type ForwardContext, type ParameterMap, pooledFeatures, prefixParameters } from "@ssl-vit/core";
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
  /** Features of each group that has views, [V·B, D]. Each view has draws of its own. */
  const featuresOf = (groups: ViewGroups, context: ForwardContext | undefined): { views: number; features: Float<"B D"> }[] => {
    let firstView = 0;
    return groups.flatMap((views) => {
      if (views.length === 0) return [];
      const features = pooledFeatures(encoder, concat([...views]), context && { ...context, firstView });
      firstView += views.length;
      return [{ views: views.length, features }];
    });
  };
  return {
    encoder,
    projector,
    parameters: prefixParameters({ encoder: encoder.parameters, projector: projector.parameters }),
    buffers: prefixParameters({ encoder: encoder.buffers, projector: projector.buffers }),
    projectViews: (groups, context) =>
      tidy(() => {
        // The gradient of a split into one part is broken in tfjs-core.
        const features = featuresOf(groups, context).flatMap((group) => (group.views === 1 ? [group.features] : split<Float<"B D">>(group.features, group.views)));
        return features.map((view) => projector.apply(view, context));
      }),
    projectGroups: (groups, context) => tidy(() => projector.apply(concat(featuresOf(groups, context).map(({ features }) => features)), context)),
  };
}
