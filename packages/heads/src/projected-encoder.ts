import { type Encoder, type Float, type ForwardContext, type ParameterMap, pooledFeatures, prefixParameters } from "@ssl-vit/core";
import { concat, split, tidy } from "@tensorflow/tfjs-core";
import type { MlpHead } from "./create-mlp-head.js";

/** An encoder with a projector on its pooled features: all that a teacher is, and a student but for its predictor. */
export interface ProjectedEncoder {
  readonly encoder: Encoder;
  /** `encoder.*` and `projector.*`. */
  readonly parameters: ParameterMap;
  /** `encoder.*` and `projector.*`. */
  readonly buffers: ParameterMap;
  /**
   * Projections of two views, [B, K] each, the caller's. The encoder sees both at once; the projector each alone, so that its norms take the
   * statistics of one view.
   */
  projectPair(
    views: readonly [Float<"B Y X C">, Float<"B Y X C">],
    context?: ForwardContext,
  ): readonly [first: Float<"B D">, second: Float<"B D">];
  /**
   * Projections of the views of every group, one after the other, [V·B, K], the caller's. The encoder sees a group at once, whose views
   * have one size; the projector sees all of them together. A group may be empty.
   */
  projectGroups(groups: readonly (readonly Float<"B Y X C">[])[], context?: ForwardContext): Float<"B D">;
}

/** Joins an encoder and a projector whose input is as wide as the encoder's tokens. */
export function projectedEncoder(encoder: Encoder, projector: MlpHead): ProjectedEncoder {
  return {
    encoder,
    parameters: prefixParameters({ encoder: encoder.parameters, projector: projector.parameters }),
    buffers: prefixParameters({ encoder: encoder.buffers, projector: projector.buffers }),
    projectPair: (views, context) =>
      tidy<[Float<"B D">, Float<"B D">]>(() => {
        const [first, second] = split(pooledFeatures(encoder, concat([...views]), context), 2) as [Float<"B D">, Float<"B D">];
        return [projector.apply(first, context), projector.apply(second, context)];
      }),
    projectGroups: (groups, context) =>
      tidy(() => {
        let firstView = 0;
        const features = groups.flatMap((views) => {
          if (views.length === 0) return [];
          const ofGroup = pooledFeatures(encoder, concat([...views]), context && { ...context, firstView });
          firstView += views.length;
          return [ofGroup];
        });
        return projector.apply(concat(features), context);
      }),
  };
}
