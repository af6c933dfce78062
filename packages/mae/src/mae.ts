/**
 * Masked autoencoders: the encoder sees a quarter of the patches, a light decoder predicts the pixels of the others.
 *
 * Paper: He et al., "Masked Autoencoders Are Scalable Vision Learners", https://arxiv.org/abs/2111.06377.
 * Checked against facebookresearch/mae (models_mae.py, main_pretrain.py) and Hugging Face's ViTMAEForPreTraining, values and gradients.
 * Deviations: none known. The authors' encoder is `vit({ positionEmbedding: "sincos2d", initialization: "mae" })`.
 */
import {
  assertViews,
  defineMethod,
  prefixParameters,
  squareSide,
  tidySignals,
  viewsNamed,
  withoutGradient,
  type Float,
  type ForwardContext,
  type Method,
  type MethodFactory,
  type Random,
} from "@ssl-vit/core";
import { maskedPatchMse, normalizePatches } from "@ssl-vit/losses";
import { disposeMask, gatherTokens, type PatchMask, randomMask, type RandomMaskOptions, visiblePatches } from "@ssl-vit/masking";
import { createPatchDecoder, patchify } from "@ssl-vit/vit";
import { tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type MaeConfig } from "./config.js";
import { presets } from "./presets.js";
import { maeViews } from "./views.js";

/** What the model makes of masked images. The caller owns the tensors. */
export interface Reconstruction {
  /** Predicted patches, [B, P, patchSize²·C], normalised patch by patch when `normalizeTarget` is on. */
  readonly prediction: Float<"B P D">;
  /** 1 = the encoder did not see the patch. */
  readonly mask: Float<"B P">;
}

/** What {@link mae} makes. It logs nothing but its loss. */
export interface MaeMethod extends Method<never> {
  /** Loss of given masks: what `loss` computes for random ones. The caller owns the scalar, and the mask still. */
  lossOf(images: Float<"B Y X C">, mask: PatchMask, context?: ForwardContext): Float<"">;
  /** Masks images at random and predicts every patch; for pictures. */
  reconstruct(images: Float<"B Y X C">, random: Random): Reconstruction;
}

/** MAE on the given encoders. */
export const mae: MethodFactory<MaeConfig, MaeMethod, "paper" | "small"> = defineMethod({
  name: "mae",
  paper: "https://arxiv.org/abs/2111.06377",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { layout } = encoder;
    const patches = layout.gridSize[0] * layout.gridSize[1];
    visiblePatches(patches, config.maskRatio); // refuses a ratio that these patches cannot have
    const decoder = createPatchDecoder(random.derive("decoder"), {
      inputDim: layout.embedDim,
      dim: config.decoderDim,
      depth: config.decoderDepth,
      numHeads: config.decoderHeads,
      mlpRatio: config.decoderMlpRatio,
      gridSize: layout.gridSize,
      prefixTokens: (layout.hasClsToken ? 1 : 0) + layout.registerTokens,
      outputDim: layout.patchSize ** 2 * layout.channels,
    });

    const predict = (images: Float<"B Y X C">, mask: PatchMask, context?: ForwardContext): Float<"B P D"> =>
      tidy(() => {
        const visible = gatherTokens(encoder.embedPatches(images), mask.visibleIndices); // [B, M, D]
        return decoder.predict(encoder.encodeTokens(visible, context), mask);
      });
    const drawMask = (stream: Random, images: Pick<RandomMaskOptions, "batchSize" | "indices">): PatchMask =>
      randomMask(stream, { ...images, patches, maskRatio: config.maskRatio });
    const lossOf: MaeMethod["lossOf"] = (images, mask, context) =>
      tidy(() => {
        const target = withoutGradient(() => patchify(images, layout.patchSize));
        return maskedPatchMse(predict(images, mask, context), target, mask.mask, { normalizeTarget: config.normalizeTarget });
      });

    return {
      name: "mae",
      config: { ...config },
      views: maeViews(config, squareSide("mae", layout)),
      encoder,
      trainable: { ...prefixParameters({ encoder: encoder.parameters }), ...decoder.parameters },
      buffers: { ...prefixParameters({ encoder: encoder.buffers }), ...decoder.buffers },

      assertBatch(plan) {
        assertViews("mae", plan, { global: 1 }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const [images] = viewsNamed(batch, "global");
          return { loss: lossOf(images!, drawMask(context.random, { batchSize: batch.size, indices: batch.indices }), context), metrics: {} };
        });
      },

      lossOf,

      signals(batch, context) {
        return tidySignals(() => {
          const [images] = viewsNamed(batch, "global");
          const mask = drawMask(context.random, { batchSize: batch.size, indices: batch.indices });
          const pixels = patchify(images!, layout.patchSize);
          const target = config.normalizeTarget ? normalizePatches(pixels) : pixels;
          return { patches: { of: "pixels", prediction: predict(images!, mask, context), target, mask: mask.mask } };
        });
      },

      reconstruct(images, stream) {
        const mask = drawMask(stream, { batchSize: images.shape[0] });
        const kept = mask.mask.clone();
        const prediction = predict(images, mask);
        disposeMask(mask);
        return { prediction, mask: kept };
      },
    };
  },
});
