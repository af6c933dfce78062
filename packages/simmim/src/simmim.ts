/**
 * SimMIM: squares of an image are replaced by a learned token, and one linear layer on the encoder's tokens predicts their pixels.
 *
 * Paper: Xie et al., "SimMIM: A Simple Framework for Masked Image Modeling", https://arxiv.org/abs/2111.09886.
 * Checked against microsoft/SimMIM: models/simmim.py, models/vision_transformer.py, data/data_simmim.py, config.py, optimizer.py, main_simmim.py.
 * Deviations: the authors' ViT has a relative position bias that its blocks share and no absolute positions, and its projections start smaller
 * the deeper they are; here both are the encoder's own. The head is theirs in other words: a 1×1 convolution followed by PixelShuffle is one
 * linear layer a patch, its outputs here in `patchify`'s order. The authors add 1e-5 to the number of masked pixels.
 * The mask token starts normal, theirs is cut at one deviation.
 */
import {
  assertViews,
  defineMethod,
  patchTokensOf,
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
import { maskedPatchL1 } from "@ssl-vit/losses";
import { maskedUnits, unitMask, type UnitMaskOptions } from "@ssl-vit/masking";
import { fanInUniform, linear, truncatedNormal, uniform } from "@ssl-vit/nn";
import { patchify } from "@ssl-vit/vit";
import { reshape, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type SimmimConfig } from "./config.js";
import { presets } from "./presets.js";
import { simmimViews } from "./views.js";

/** What the model makes of masked images. The caller owns the tensors. */
export interface Reconstruction {
  /** Predicted patches of normalised pixels, [B, P, patchSize²·C]. */
  readonly prediction: Float<"B P D">;
  /** 1 = the encoder saw the mask token in the patch's place. */
  readonly mask: Float<"B P">;
}

/** What {@link simmim} makes. It logs nothing but its loss. */
export interface SimmimMethod extends Method<never> {
  /** Masks images at random and predicts every patch; for pictures. */
  reconstruct(images: Float<"B Y X C">, random: Random): Reconstruction;
}

/** SimMIM on the given encoders. */
export const simmim: MethodFactory<SimmimConfig, SimmimMethod, "paper" | "small"> = defineMethod({
  name: "simmim",
  paper: "https://arxiv.org/abs/2111.09886",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const encoder = encoders("student");
    const { embedDim, gridSize, patchSize, channels } = encoder.layout;
    const units = { gridSize, maskUnit: config.maskUnit, maskRatio: config.maskRatio };
    maskedUnits(units); // refuses squares that do not fit the grid, and a ratio that leaves none visible
    const outputDim = patchSize ** 2 * channels;
    const maskToken = truncatedNormal(random.derive("mask_token"), [1, 1, embedDim], 0.02);
    // PyTorch's own start of a convolution: weight and bias uniform within 1 ÷ √in.
    const decoder = {
      weight: fanInUniform(random.derive("decoder", "weight"), [outputDim, embedDim]),
      bias: uniform(random.derive("decoder", "bias"), [outputDim], 1 / Math.sqrt(embedDim)),
    };

    const predict = (images: Float<"B Y X C">, mask: Float<"B P">, context?: ForwardContext): Float<"B P D"> =>
      tidy(() => {
        const patches = encoder.embedPatches(images, { mask, token: reshape(maskToken, [embedDim]) });
        const tokens = patchTokensOf(encoder, encoder.encodeTokens(patches, context)); // [B, P, D]
        return linear(tokens, decoder.weight, decoder.bias); // [B, P, patchSize²·C]
      });
    const drawMask = (stream: Random, images: Pick<UnitMaskOptions, "batchSize" | "indices">): Float<"B P"> => unitMask(stream, { ...images, ...units });

    return {
      name: "simmim",
      config: { ...config },
      views: simmimViews(config, squareSide("simmim", encoder.layout)),
      encoder,
      trainable: { ...prefixParameters({ encoder: encoder.parameters, decoder }), mask_token: maskToken },
      buffers: prefixParameters({ encoder: encoder.buffers }),

      assertBatch(plan) {
        assertViews("simmim", plan, { global: 1 }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const [images] = viewsNamed(batch, "global");
          const mask = drawMask(context.random, { batchSize: batch.size, indices: batch.indices });
          const target = withoutGradient(() => patchify(images!, patchSize));
          // As many patches are masked in every image: the mean over processes is the whole batch's.
          return { loss: maskedPatchL1(predict(images!, mask, context), target, mask), metrics: {} };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const [images] = viewsNamed(batch, "global");
          const mask = drawMask(context.random, { batchSize: batch.size, indices: batch.indices });
          return { patches: { of: "pixels", prediction: predict(images!, mask, context), target: patchify(images!, patchSize), mask } };
        });
      },

      reconstruct(images, stream) {
        const mask = drawMask(stream, { batchSize: images.shape[0] });
        return { prediction: predict(images, mask), mask };
      },
    };
  },
});
