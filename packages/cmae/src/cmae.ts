/**
 * CMAE, contrastive masked autoencoders: a masked autoencoder whose second decoder predicts, of the whole image, the features that a slowly
 * moving teacher has of the unmasked image, and has to find them among those of the batch.
 *
 * Paper: Huang et al., "Contrastive Masked Autoencoders are Stronger Vision Learners", https://arxiv.org/abs/2207.13532.
 * Checked against ZhichengHuang/CMAE: configs/pre-training/cmae, cmae/models/{algorithms/cmae,backbones/cmae_vit,heads/cmae_head,necks/*}.py,
 * cmae/core/hooks/momentum_update_hook.py, cmae/datasets/{cmae_dataset,pipelines/processing}.py.
 * Deviations: scales of BatchNorm are not decayed, theirs are; biases of projector and predictor start at 0, not PyTorch's small random values;
 * the warm-up starts at 0, theirs at 1e-4 of the peak; gray by red, green and blue as usual, theirs by weights in the order of blue, green and red; blur
 * with a Gaussian of σ, where the authors' radius is PIL's.
 */
import {
  assertViews,
  ConfigError,
  defineMethod,
  type Encoder,
  type Float,
  type ForwardContext,
  type Method,
  type MethodFactory,
  patchTokensOf,
  prefixParameters,
  type Random,
  rateAt,
  squareSide,
  type StepContext,
  tidySignals,
  type ViewBatch,
  viewsNamed,
  withoutGradient,
} from "@ssl-vit/core";
import { createMlpHead, type MlpHead, studentAndTeacher } from "@ssl-vit/heads";
import { embeddingDeviation, infoNce, maskedPatchMse, normalizePatches, scoredImages } from "@ssl-vit/losses";
import { gatherTokens, maskedUnits, maskFromNoise, type PatchMask, unitMask } from "@ssl-vit/masking";
import { fanInUniform } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { createPatchDecoder, type PatchDecoder, patchify } from "@ssl-vit/vit";
import { add, mean, mul, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, type CmaeConfig, defaults } from "./config.js";
import { presets } from "./presets.js";
import { cmaeViews } from "./views.js";

/** What {@link cmae} makes. It logs the two parts of its loss, and the deviation of the contrastive targets, 0 when they collapse. */
export type CmaeMethod = Method<"reconstruction" | "contrastive" | "embeddingDeviation">;

/** Projector or predictor: linear, BatchNorm, ReLU, linear without bias (nonlinear_neck.py). */
function createHead(random: Random, inputDim: number, { hiddenDim, outputDim }: Readonly<CmaeConfig>): MlpHead {
  return createMlpHead(random, {
    dims: [inputDim, hiddenDim, outputDim],
    hiddenBias: true,
    hiddenNorm: true,
    normEpsilon: 1e-6,
    activation: "relu",
    outputBias: false,
    outputNorm: "none",
    initialize: fanInUniform,
  });
}

/** What the teacher knows of an image: the mean of its patch tokens before the final norm, which the authors' teacher has not. */
function wholeFeatures(encoder: Encoder, images: Float<"B Y X C">, context: ForwardContext): Float<"B D"> {
  const [tokens] = encoder.encodeBlocks!(encoder.embedPatches(images), 1, context);
  return mean(patchTokensOf(encoder, tokens!), 1);
}

/** CMAE on the given encoders. */
export const cmae: MethodFactory<CmaeConfig, CmaeMethod, "paper" | "small"> = defineMethod({
  name: "cmae",
  paper: "https://arxiv.org/abs/2207.13532",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const { student, teacher, buffers } = studentAndTeacher(encoders, (embedDim) => createHead(random.derive("projector"), embedDim, config));
    const { encoder } = student;
    const { layout } = encoder;
    if (encoder.encodeBlocks === undefined) {
      throw new ConfigError({ package: "cmae", what: "encoder", expected: "one with encodeBlocks, for features before the final norm", received: "one without" });
    }
    const squares = { gridSize: layout.gridSize, maskUnit: config.maskUnit, maskRatio: config.maskRatio };
    const { masked, units } = maskedUnits(squares); // refuses what this grid cannot have
    const drawMask = (stream: Random, indices: Int32Array): PatchMask =>
      maskFromNoise(unitMask(stream, { ...squares, batchSize: indices.length, indices }), (units - masked) * config.maskUnit ** 2);
    const decoderOf = (name: string, depth: number, outputDim: number): PatchDecoder =>
      createPatchDecoder(random.derive(name), {
        inputDim: layout.embedDim,
        dim: config.decoderDim,
        depth,
        numHeads: config.decoderHeads,
        mlpRatio: 4,
        gridSize: layout.gridSize,
        prefixTokens: (layout.hasClsToken ? 1 : 0) + layout.registerTokens,
        outputDim,
      });
    const pixelDecoder = decoderOf("pixelDecoder", config.pixelDecoderDepth, layout.patchSize ** 2 * layout.channels);
    // As wide as the teacher's tokens, whose projector starts as the student's: 768 of a ViT-B/16, where a patch has as many values.
    const featureDecoder = decoderOf("featureDecoder", config.featureDecoderDepth, layout.embedDim);
    const predictor = createHead(random.derive("predictor"), config.outputDim, config);

    /** What the student paints and predicts, and of what. */
    const compared = (batch: ViewBatch, context: StepContext) => {
      const [[images], [whole]] = [viewsNamed(batch, "masked"), viewsNamed(batch, "target")];
      const mask = drawMask(context.random, batch.indices);
      const visible = gatherTokens(encoder.embedPatches(images!), mask.visibleIndices); // [B, M, D]
      const tokens = encoder.encodeTokens(visible, context); // [B, K + M, D]
      const painted = pixelDecoder.predict(tokens, mask);
      const feature: Float<"B D"> = mean(featureDecoder.predict(tokens, mask), 1); // of all patches, visible or not
      const prediction = predictor.apply(student.projector.apply(feature, context), context);
      const target = withoutGradient(() => teacher.projector.apply(wholeFeatures(teacher.encoder, whole!, context), context));
      return { painted, pixels: withoutGradient(() => patchify(images!, layout.patchSize)), mask: mask.mask, prediction, target };
    };

    return {
      name: "cmae",
      config: { ...config },
      views: cmaeViews(config, squareSide("cmae", layout)),
      // extract_backbone_weights.py keeps "backbone", the student's.
      encoder,
      trainable: {
        ...student.parameters,
        ...prefixParameters({ predictor: predictor.parameters, pixel_decoder: pixelDecoder.parameters, feature_decoder: featureDecoder.parameters }),
      },
      buffers: {
        ...buffers,
        ...prefixParameters({ predictor: predictor.buffers, pixel_decoder: pixelDecoder.buffers, feature_decoder: featureDecoder.buffers }),
      },

      assertBatch(plan) {
        assertViews("cmae", plan, { masked: 1, target: 1 });
      },

      loss(batch, context) {
        return tidy(() => {
          const { painted, pixels, mask, prediction, target } = compared(batch, context);
          const reconstruction = maskedPatchMse(painted, pixels, mask, { normalizeTarget: true });
          const contrastive = infoNce(prediction, target, { temperature: config.temperature, collective: context.collective });
          const loss = add<Float<"">>(mul(reconstruction, config.reconstructionWeight), mul(contrastive, config.contrastiveWeight));
          return { loss, metrics: { reconstruction, contrastive, embeddingDeviation: embeddingDeviation(target) } };
        });
      },

      signals: (batch, context) =>
        tidySignals(() => {
          const { painted, pixels, mask, prediction, target } = compared(batch, context);
          return {
            embeddings: [prediction],
            targets: [target],
            student: scoredImages(prediction, target, config.temperature),
            patches: { of: "pixels", prediction: painted, target: normalizePatches(pixels), mask },
          };
        }),

      afterStep({ progress }) {
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, progress));
      },
    };
  },
});
