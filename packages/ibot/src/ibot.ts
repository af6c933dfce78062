/**
 * iBOT: a student predicts from any view of an image what a slowly moving teacher says of its global views, as in DINO; and, of patches that are
 * masked for the student, what the teacher says of the very same patches, which it sees.
 *
 * Paper: Zhou et al., "iBOT: Image BERT Pre-Training with Online Tokenizer", https://arxiv.org/abs/2111.07832.
 * Checked against bytedance/ibot: main_ibot.py, models/head.py, models/vision_transformer.py, loader.py, utils.py, README.md.
 * Deviations: blur with a Gaussian of σ, where the authors' radius is PIL's; the teacher's temperatures warm up step by step, theirs epoch by epoch;
 * without a shared head the teacher's patches have prototypes of their own as the student's have, theirs those of [CLS]
 * (`--shared_head_teacher`); [CLS] starts with timm's deviation of 1e-6, theirs with 0.02. The student's temperature of 0.1, the centers' momentum of
 * 0.9 and the weights of 1 for both losses are constants: no recipe of theirs has others.
 */
import {
  assertViews,
  defineMethod,
  patchTokensOf,
  pooledFeature,
  rateAt,
  viewGroups,
  withoutGradient,
  type Float,
  type LossOutput,
  type Method,
  type MethodFactory,
  type StepContext,
  type ViewBatch,
} from "@ssl-vit/core";
import { createCenter, createPrototypeHead, createPrototypes, distillationPair, encodeMaskedViews, showDistillation } from "@ssl-vit/heads";
import { dinoCrossEntropy, embeddingDeviation, maskedPatchCrossEntropy } from "@ssl-vit/losses";
import { assertBlockRatio, gatherMasked, maskedPatches } from "@ssl-vit/masking";
import { filled } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { add, concat, mean, type Rank, reshape, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type IbotConfig } from "./config.js";
import { drawMask, maskedShare } from "./draw-mask.js";
import { presets } from "./presets.js";
import { ibotViewPolicy } from "./views.js";

type IbotMetric = "clsLoss" | "patchLoss" | "embeddingDeviation";

/** What {@link ibot} makes. It logs the two parts of its loss, and the deviation of the [CLS] features, 0 when they collapse. */
export interface IbotMethod extends Method<IbotMetric> {
  /** Loss of given masks of the global views, [2·B, P], view by view, 1 = masked: what `loss` computes for random ones. The mask stays the caller's. */
  lossOf(batch: ViewBatch, mask: Float<"B P">, context: StepContext): LossOutput<IbotMetric>;
}

const STUDENT_TEMPERATURE = 0.1;
const CENTER_MOMENTUM = 0.9;

/** iBOT on the given encoders. */
export const ibot: MethodFactory<IbotConfig, IbotMethod, "paper" | "small"> = defineMethod({
  name: "ibot",
  paper: "https://arxiv.org/abs/2111.07832",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const { prototypes, hiddenDim, bottleneckDim, normalizeLastLayer } = config;
    const pair = distillationPair(encoders, (inputDim) => ({
      head: createPrototypeHead(random.derive("head"), { inputDim, hiddenDim, bottleneckDim, prototypes, normalizeLastLayer }),
      ...(config.sharedHead ? {} : { "head.last_layer2": createPrototypes(random.derive("last_layer2"), { dim: bottleneckDim, prototypes, normalizeLastLayer }) }),
    }));
    const { student, teacher, buffers } = pair;
    const patchPrototypes = ({ heads }: typeof student): Pick<typeof heads.head, "score"> => heads["head.last_layer2"] ?? heads.head;
    const { layout } = student.encoder;
    for (const [, largest] of config.maskRatios) if (largest > 0) assertBlockRatio(layout.gridSize, largest);
    const maskToken = filled([1, layout.embedDim], 0); // of two axes, as theirs, and so with weight decay
    const [clsCenter, patchCenter] = [createCenter(prototypes), createCenter(prototypes)];

    const lossOf: IbotMethod["lossOf"] = (batch, mask, context) =>
      tidy(() => {
        const [globalViews, locals] = viewGroups(batch);
        const globals = concat([...globalViews]); // [2B, Y, X, C]
        const masked = maskedPatches(mask);
        // The teacher sees all patches.
        const teacherTokens = withoutGradient(() => teacher.encoder.encode(globals)); // [2B, N, D]
        const teacherCls = withoutGradient(() => teacher.heads.head.apply(pooledFeature(teacher.encoder, teacherTokens))); // [2B, K]
        const teacherPatches = withoutGradient<Rank.R3>(() => {
          const embedded = teacher.heads.head.embed(reshape(patchTokensOf(teacher.encoder, teacherTokens), [-1, layout.embedDim]));
          return reshape(embedded, [globals.shape[0], -1, bottleneckDim]); // [2B, P, D]
        });
        const teacherMasked = withoutGradient(() => patchPrototypes(teacher).score(gatherMasked(teacherPatches, masked))); // [M, K]
        // The student sees global views with holes, and local views as they are.
        const seen = encodeMaskedViews(student.encoder, { globals, locals, mask, masked, maskToken }, context);
        const studentCls = student.heads.head.apply(seen.cls); // [V·B, K]
        const studentMasked = patchPrototypes(student).score(student.heads.head.embed(seen.patches)); // [M, K]

        const views = (scores: Float<"B K">): Float<"V B K"> => reshape(scores, [-1, batch.size, prototypes]);
        const clsLoss = dinoCrossEntropy(views(studentCls), views(teacherCls), clsCenter.value, {
          studentTemperature: STUDENT_TEMPERATURE,
          teacherTemperature: rateAt(config.teacherTemperature, context.progress),
        });
        const patchEpoch = Math.max(0, context.progress.epoch - config.maskStartEpoch);
        const patchLoss = maskedPatchCrossEntropy(studentMasked, teacherMasked, patchCenter.value, masked.weights, {
          studentTemperature: STUDENT_TEMPERATURE,
          teacherTemperature: rateAt(config.patchTeacherTemperature, { ...context.progress, epoch: patchEpoch }),
        });
        clsCenter.note(teacherCls, context.collective);
        // That of all patches, masked or not: the score of the mean is the mean of the scores.
        patchCenter.note(patchPrototypes(teacher).score(reshape(mean(teacherPatches, [0, 1]), [1, bottleneckDim])), context.collective);
        return { loss: add<Float<"">>(clsLoss, patchLoss), metrics: { clsLoss, patchLoss, embeddingDeviation: embeddingDeviation(seen.globalCls) } };
      });

    return {
      name: "ibot",
      config: { ...config },
      views: ibotViewPolicy(config, layout),
      encoder: teacher.encoder,
      trainable: { ...student.parameters, "encoder.mask_token": maskToken },
      buffers: { ...buffers, center: clsCenter.value, patch_center: patchCenter.value },

      assertBatch(plan) {
        assertViews("ibot", plan, { global: 2, local: config.localViews }, 1);
      },

      loss: (batch, context) =>
        tidy(() => {
          const { loss, metrics } = lossOf(batch, drawMask(config, context, batch, layout.gridSize), context);
          return { loss, metrics };
        }),

      lossOf,

      signals(batch, context) {
        const teacherTemperature = rateAt(config.teacherTemperature, context.progress);
        const targetsOf = (scores: Float<"B K">) => clsCenter.show(scores, teacherTemperature);
        const shown = showDistillation(pair, viewGroups(batch)[0], { studentTemperature: STUDENT_TEMPERATURE, targetsOf }, context);
        // Of [CLS], and of the patches of views that have masked ones: the others add 0.
        return { ...shown, uninformedLoss: () => (1 + maskedShare(config, context, layout.gridSize)) * Math.log(prototypes) };
      },

      afterStep({ progress }) {
        clsCenter.advance(CENTER_MOMENTUM);
        patchCenter.advance(CENTER_MOMENTUM);
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, progress));
      },

      isFrozen: (parameter, { progress }) => parameter.startsWith("head.last_layer") && progress.epoch < config.freezeLastLayerEpochs,
    };
  },
});
