/**
 * DINO: a student predicts, from any view of an image, what a slowly moving teacher says of its global views.
 *
 * Paper: Caron et al., "Emerging Properties in Self-Supervised Vision Transformers", https://arxiv.org/abs/2104.14294.
 * Checked against facebookresearch/dino: main_dino.py, vision_transformer.py, utils.py.
 * Deviations: blur with a Gaussian of σ, where the authors' radius is PIL's; the teacher's temperature warms up step by step, theirs epoch by epoch.
 */
import {
  assertViews,
  checkOptions,
  defineMethod,
  pooledFeatures,
  pooledGroups,
  rateAt,
  viewGroups,
  withoutGradient,
  type Float,
  type Method,
  type MethodFactory,
  type ScoredAlternatives,
} from "@ssl-vit/core";
import { createCenter, createPrototypeHead, distillationPair, showDistillation } from "@ssl-vit/heads";
import { dinoCrossEntropy, embeddingDeviation } from "@ssl-vit/losses";
import { updateMovingAverage } from "@ssl-vit/optim";
import { concat, reshape, tidy } from "@tensorflow/tfjs-core";
import { defaults, type DinoConfig } from "./config.js";
import { presets } from "./presets.js";
import { dinoViewPolicy } from "./views.js";

/** What {@link dino} makes. It logs the deviation of the student's features of the global views: about 1 when they point everywhere, 0 when they collapse. */
export type DinoMethod = Method<"embeddingDeviation">;

function check(config: Readonly<DinoConfig>): void {
  const option = checkOptions("dino", config);
  option.whole(2, "prototypes");
  option.whole(1, "hiddenDim", "bottleneckDim");
  option.whole(0, "localViews");
  option.positive("studentTemperature", "teacherTemperature");
  option.share("teacherMomentum", "centerMomentum");
  option.atLeast(0, "freezeLastLayerEpochs");
  option.positiveShare("localSizeRatio");
  option.range("globalScale", "localScale");
}

/** DINO on the given encoders. */
export const dino: MethodFactory<DinoConfig, DinoMethod, "paper" | "small"> = defineMethod({
  name: "dino",
  paper: "https://arxiv.org/abs/2104.14294",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const pair = distillationPair(encoders, (inputDim) => ({
      head: createPrototypeHead(random.derive("head"), {
        inputDim,
        hiddenDim: config.hiddenDim,
        bottleneckDim: config.bottleneckDim,
        prototypes: config.prototypes,
        normalizeLastLayer: config.normalizeLastLayer,
      }),
    }));
    const { student, teacher, buffers } = pair;
    const center = createCenter(config.prototypes);

    return {
      name: "dino",
      config: { ...config },
      views: dinoViewPolicy(config, student.encoder.layout),
      encoder: teacher.encoder,
      trainable: student.parameters,
      buffers: { ...buffers, center: center.value },

      assertBatch(plan) {
        assertViews("dino", plan, { global: 2, local: config.localViews }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const groups = viewGroups(batch);
          const [globals] = groups;
          const teacherScores = withoutGradient(() => teacher.heads.head.apply(pooledFeatures(teacher.encoder, concat([...globals])))); // [2B, K]
          // One forward pass for each resolution.
          const features = pooledGroups(student.encoder, groups, context); // [2B, D] and [L·B, D]
          const scores = student.heads.head.apply(concat(features));
          const studentViews: Float<"V B K"> = reshape(scores, [batch.views.length, batch.size, config.prototypes]);
          const teacherViews: Float<"V B K"> = reshape(teacherScores, [globals.length, batch.size, config.prototypes]);
          const loss = dinoCrossEntropy(studentViews, teacherViews, center.value, {
            studentTemperature: config.studentTemperature,
            teacherTemperature: rateAt(config.teacherTemperature, context.progress),
          });
          center.note(teacherScores, context.collective);
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(features[0]!) } };
        });
      },

      signals(batch, context) {
        const teacherTemperature = rateAt(config.teacherTemperature, context.progress);
        const targetsOf = (scores: Float<"B K">): ScoredAlternatives => center.show(scores, teacherTemperature);
        const shown = showDistillation(pair, viewGroups(batch)[0], { studentTemperature: config.studentTemperature, targetsOf }, context);
        return { ...shown, uninformedLoss: () => Math.log(config.prototypes) };
      },

      afterStep(context) {
        center.advance(config.centerMomentum);
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, context.progress));
      },

      isFrozen: (parameter, context) => parameter.startsWith("head.last_layer") && context.progress.epoch < config.freezeLastLayerEpochs,
    };
  },
});
