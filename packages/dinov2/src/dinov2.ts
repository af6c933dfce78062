/**
 * DINOv2: a student predicts from any view of an image what a slowly moving teacher says of its global views, and of patches that are masked for it
 * what the teacher says of the same patches (iBOT); KoLeo spreads the images' features apart.
 *
 * Paper: Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", https://arxiv.org/abs/2304.07193.
 * Checked against facebookresearch/dinov2: dinov2/configs, train/{train,ssl_meta_arch}.py, loss, data, layers/dino_head.py, utils/param_groups.py.
 * Deviations: drop path grows from block to block, theirs is the same in all; the prototypes' moments rest as well in the first epoch, theirs do not;
 * masked shares are spread over the batch of all processes, theirs over that of each; the patches' center moves to the mean over the masked patches of
 * a step, of all its batches and processes, theirs to the mean of the processes' means; without local views the loss of [CLS] is the mean over the two
 * pairs of views, theirs two thirds of it; without a shared head the patches' bottleneck is as wide as that of [CLS]; registers have positions; blur is
 * not cut to nine pixels.
 * As in the authors' code, KoLeo seeks an image's neighbour within one process: its part of the loss of several processes is not that of one with the
 * whole batch (in the tests: "seeks KoLeo's neighbours within one process"), all else is.
 */
import { assertViews, ConfigError, defineMethod, patchTokensOf, pooledFeature, rateAt, viewGroups, withoutGradient, type Float, type LossOutput, type Method, type MethodFactory, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { createPrototypeHead, createTargets, distillationPair, encodeMaskedViews, type PrototypeHead, showDistillation } from "@ssl-vit/heads";
import { embeddingDeviation, koleo, softmaxCrossEntropy, viewCrossEntropy } from "@ssl-vit/losses";
import { assertBlockRatio, gatherMasked, maskedPatches } from "@ssl-vit/masking";
import { filled } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { add, addN, concat, div, mul, reshape, scalar, split, sum, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type Dinov2Config } from "./config.js";
import { blockLimits, drawMask, maskedViews } from "./draw-mask.js";
import { presets } from "./presets.js";
import { dinov2ViewPolicy } from "./views.js";

type Dinov2Metric = "clsLoss" | "patchLoss" | "koleoLoss" | "embeddingDeviation";

/** What {@link dinov2} makes. It logs the three parts of its loss, and the deviation of the [CLS] features, 0 when they collapse. */
export interface Dinov2Method extends Method<Dinov2Metric> {
  /** Loss of given masks of the global views, [2·B, P], view by view, 1 = masked: what `loss` computes for random ones. The mask stays the caller's. */
  lossOf(batch: ViewBatch, mask: Float<"B P">, context: StepContext): LossOutput<Dinov2Metric>;
}

const STUDENT_TEMPERATURE = 0.1;

/** DINOv2 on the given encoders. */
export const dinov2: MethodFactory<Dinov2Config, Dinov2Method, "paper" | "small"> = defineMethod({
  name: "dinov2",
  paper: "https://arxiv.org/abs/2304.07193",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const { prototypes, hiddenDim, bottleneckDim, koleoWeight } = config;
    const pair = distillationPair(encoders, (inputDim) => {
      const createHead = (name: string): PrototypeHead => createPrototypeHead(random.derive(name), { inputDim, hiddenDim, bottleneckDim, prototypes, normalizeLastLayer: false });
      return { head: createHead("head"), ...(config.sharedHead ? {} : { patch_head: createHead("patch_head") }) };
    });
    const { student, teacher, buffers } = pair;
    const patchHead = ({ heads }: typeof student): PrototypeHead => heads.patch_head ?? heads.head;
    const { layout } = student.encoder;
    assertBlockRatio(layout.gridSize, config.maskRatio[1], blockLimits(layout.gridSize));
    const maskToken = filled([1, layout.embedDim], 0); // of two axes, as theirs, and so with weight decay
    const kind = config.targets;
    const [clsTargets, patchTargets] = [createTargets({ kind, prototypes }), createTargets({ kind, prototypes, name: "patch_center" })];

    const lossOf: Dinov2Method["lossOf"] = (batch, mask, context) =>
      tidy(() => {
        const [globalViews, locals] = viewGroups(batch);
        const globals = concat([...globalViews]); // [2B, Y, X, C]
        const masked = maskedPatches(mask);
        // The teacher sees all patches.
        const teacherTokens = withoutGradient(() => teacher.encoder.encode(globals)); // [2B, N, D]
        const teacherCls = withoutGradient(() => teacher.heads.head.apply(pooledFeature(teacher.encoder, teacherTokens))); // [2B, K]
        const teacherMasked = withoutGradient(() => patchHead(teacher).apply(gatherMasked(patchTokensOf(teacher.encoder, teacherTokens), masked))); // [M, K]
        const options = { temperature: rateAt(config.teacherTemperature, context.progress), collective: context.collective };
        const ofCls = clsTargets.of(teacherCls, options); // [2B, K]
        const ofPatches = patchTargets.of(teacherMasked, { ...options, count: masked.count }); // [M, K]
        // The student sees global views with holes, and local views as they are.
        const seen = encodeMaskedViews(student.encoder, { globals, locals, mask, masked, maskToken }, context);
        const studentCls = student.heads.head.apply(seen.cls); // [V·B, K]
        const studentMasked = patchHead(student).apply(seen.patches); // [M, K]

        const views = (rows: Float<"B K">): Float<"V B K"> => reshape(rows, [-1, batch.size, prototypes]);
        const clsLoss = viewCrossEntropy(views(studentCls), views(ofCls), { temperature: STUDENT_TEMPERATURE });
        const patchLosses = softmaxCrossEntropy(div<Float<"R K">>(studentMasked, STUDENT_TEMPERATURE), ofPatches); // [M]
        const patchLoss = sum<Float<"">>(mul(patchLosses, masked.weights));
        // Each global view by itself: the two of an image are not to be pushed apart.
        const koleoLoss = koleoWeight === 0 ? scalar(0) : addN<Float<"">>(split<Float<"B D">>(seen.globalCls, 2).map(koleo));
        const loss = add<Float<"">>(add(clsLoss, patchLoss), mul(koleoLoss, koleoWeight));
        return { loss, metrics: { clsLoss, patchLoss, koleoLoss, embeddingDeviation: embeddingDeviation(seen.globalCls) } };
      });

    return {
      name: "dinov2",
      config: { ...config },
      views: dinov2ViewPolicy(config, layout),
      encoder: teacher.encoder,
      trainable: { ...student.parameters, "encoder.mask_token": maskToken },
      buffers: { ...buffers, ...clsTargets.buffers, ...patchTargets.buffers },

      assertBatch(plan) {
        assertViews("dinov2", plan, { global: 2, local: config.localViews }, koleoWeight > 0 ? 2 : 1);
        const refuse = (expected: string, fix: string): never => {
          throw new ConfigError({ package: "dinov2", what: "batchSize", expected, received: `${plan.images} in ${plan.processes}`, fix });
        };
        if (koleoWeight > 0 && plan.images < 2 * plan.processes) refuse("at least 2 images in each process", "KoLeo moves an image away from its neighbour; a koleoWeight of 0 does without.");
        if (maskedViews(config, plan.images) < 1) refuse("a batch with at least one masked view", "A larger maskProbability masks more.");
      },

      loss: (batch, context) => tidy(() => ({ ...lossOf(batch, drawMask(config, context, batch, layout.gridSize), context) })),

      lossOf,

      signals(batch, context) {
        const options = { temperature: rateAt(config.teacherTemperature, context.progress), collective: context.collective };
        const targetsOf = (scores: Float<"B K">) => clsTargets.show(scores, options);
        const shown = showDistillation(pair, viewGroups(batch)[0], { studentTemperature: STUDENT_TEMPERATURE, targetsOf }, context);
        // Of [CLS], and of the patches of views that have masked ones: the others add 0. KoLeo is not of prototypes: with it there is no such number.
        const uninformedLoss = (images: number): number => (1 + maskedViews(config, images) / (2 * images)) * Math.log(prototypes);
        return koleoWeight > 0 ? shown : { ...shown, uninformedLoss };
      },

      afterStep({ progress }) {
        clsTargets.advance();
        patchTargets.advance();
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, progress));
      },

      isFrozen: (parameter, { progress }) => parameter.includes("last_layer") && progress.epoch < config.freezeLastLayerEpochs,
    };
  },
});
