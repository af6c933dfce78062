/**
 * I-JEPA: from a part of an image, the student and a predictor tell what a slowly moving teacher, which sees the whole, says of four blocks of it.
 *
 * Paper: Assran et al., "Self-Supervised Learning from Images with a Joint-Embedding Predictive Architecture", https://arxiv.org/abs/2301.08243.
 * Checked against facebookresearch/ijepa: src/train.py, src/helper.py, src/models/vision_transformer.py, src/masks/multiblock.py, the four configs.
 * Start of the weights: normal with deviation 0.02 in every linear layer. The authors divide some by √(2·layer) first (`fix_init_weight`), and `init_model` undoes it.
 * Deviations: contexts are cut to the smallest of the whole batch, where the authors cut those of each process alone; the patch embedding starts as the encoder's
 * `initialization` says, where theirs is normal with deviation 0.02; their learning rate and weight decay count steps from 1.
 * The authors' encoder is `vit({ clsToken: false, positionEmbedding: "sincos2d" })`. [CLS] and registers are let be: attended to, with no target of their own.
 */
import {
  assertViews,
  copyParameters,
  defineMethod,
  patchTokensOf,
  prefixParameters,
  rateAt,
  squareSide,
  tidySignals,
  viewsNamed,
  withoutGradient,
  type Encoder,
  type Float,
  type ForwardContext,
  type Method,
  type MethodFactory,
  type StepContext,
  type ViewBatch,
} from "@ssl-vit/core";
import { embeddingDeviation, smoothL1 } from "@ssl-vit/losses";
import { assertMultiBlocks, gatherTokens, multiBlockMask, type MultiBlockMask } from "@ssl-vit/masking";
import { normalizeTokens } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { mean, ones, type Rank, reshape, scalar, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type IjepaConfig } from "./config.js";
import { createPredictor } from "./create-predictor.js";
import { presets } from "./presets.js";
import { ijepaViews } from "./views.js";

/** What {@link ijepa} makes. It logs the deviation of the features, which is 0 when they collapse, and how many patches the context has. */
export interface IjepaMethod extends Method<"embeddingDeviation" | "contextPatches"> {
  /** Loss of given blocks: what `loss` computes for random ones. The caller owns the scalar, and the indices still. */
  lossOf(images: Float<"B Y X C">, mask: MultiBlockMask, context?: ForwardContext): Float<"">;
}

/** Of the targets' normalisation: PyTorch's default, not the encoder's 1e-6 (`F.layer_norm` in `src/train.py`). */
const TARGET_EPSILON = 1e-5;

/** What is to be predicted, of the whole image: the teacher's patch tokens, each normalised. [B, P, D], a constant. */
function targetsOf(teacher: Encoder, images: Float<"B Y X C">): Float<"B P D"> {
  return withoutGradient(() => tidy(() => normalizeTokens(patchTokensOf(teacher, teacher.encode(images)), TARGET_EPSILON)));
}

/** I-JEPA on the given encoders. */
export const ijepa: MethodFactory<IjepaConfig, IjepaMethod, "paper" | "small"> = defineMethod({
  name: "ijepa",
  paper: "https://arxiv.org/abs/2301.08243",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const { targets, targetScale, targetAspectRatio, contextScale, minKeep, wholeGrid, cut } = config;
    const [student, teacher] = [encoders("student"), encoders("teacher")];
    copyParameters(student.parameters, teacher.parameters);
    const { layout } = student;
    const blocks = { gridSize: layout.gridSize, targets, targetScale, targetAspectRatio, contextScale, minKeep, wholeGrid };
    assertMultiBlocks(blocks);
    const predictor = createPredictor(random.derive("predictor"), layout, config);

    const encodeContext = (images: Float<"B Y X C">, { contextIndices }: MultiBlockMask, context?: ForwardContext): Float<"B P D"> =>
      patchTokensOf(student, student.encodeTokens(gatherTokens(student.embedPatches(images), contextIndices), context)); // [B, M, D]
    const compare = (images: Float<"B Y X C">, seen: Float<"B P D">, mask: MultiBlockMask): Float<""> => {
      const prediction = predictor.predict(seen, mask); // [B·T, N, D]
      const target = withoutGradient<Rank.R3>(() => reshape(gatherTokens(targetsOf(teacher, images), mask.targetIndices), prediction.shape));
      return smoothL1(prediction, target, { beta: 1 });
    };
    const drawBlocks = (batch: ViewBatch, { random: stream, collective }: StepContext): MultiBlockMask =>
      multiBlockMask(stream, { ...blocks, batchSize: batch.size, indices: batch.indices, cut, collective });

    return {
      name: "ijepa",
      config: { ...config },
      views: ijepaViews(config, squareSide("ijepa", layout)),
      encoder: teacher,
      trainable: { ...prefixParameters({ encoder: student.parameters }), ...predictor.parameters },
      buffers: { ...prefixParameters({ teacher: { ...teacher.parameters, ...teacher.buffers }, encoder: student.buffers }), ...predictor.buffers },

      assertBatch(plan) {
        assertViews("ijepa", plan, { global: 1 }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const images = viewsNamed(batch, "global")[0]!;
          const mask = drawBlocks(batch, context);
          const seen = encodeContext(images, mask, context);
          const metrics = { embeddingDeviation: embeddingDeviation(mean(seen, 1)), contextPatches: scalar(mask.contextIndices.shape[1]) };
          return { loss: compare(images, seen, mask), metrics };
        });
      },

      lossOf: (images, mask, context) => tidy(() => compare(images, encodeContext(images, mask, context), mask)),

      signals: (batch, context) =>
        tidySignals(() => {
          const images = viewsNamed(batch, "global")[0]!;
          const mask = drawBlocks(batch, context);
          const whole = targetsOf(teacher, images); // [B, P, D]
          const target = gatherTokens(whole, mask.targetIndices); // [B, T·N, D]
          const prediction: Float<"B P D"> = reshape(predictor.predict(encodeContext(images, mask, context), mask), target.shape);
          return {
            embeddings: [mean<Float<"B D">>(patchTokensOf(student, student.encode(images, context)), 1)],
            targets: [mean<Float<"B D">>(whole, 1)],
            // Every patch of every block: nothing stands here for what the student sees.
            patches: { of: "features", prediction, target, mask: ones<Rank.R2>([batch.size, target.shape[1]]) },
          };
        }),

      afterStep(context) {
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, context.progress));
      },
    };
  },
});
