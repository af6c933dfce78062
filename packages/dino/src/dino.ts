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
  copyParameters,
  defineMethod,
  pooledFeatures,
  prefixParameters,
  rateAt,
  viewsNamed,
  withoutGradient,
  type Encoder,
  type Float,
  type ForwardContext,
  type Method,
  type MethodFactory,
  type Random,
} from "@ssl-vit/core";
import { createPrototypeHead } from "@ssl-vit/heads";
import { dinoCrossEntropy, embeddingDeviation, updateCenter } from "@ssl-vit/losses";
import { buffer } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { concat, dispose, keep, mean, reshape, stack, tidy, type Rank, type Variable } from "@tensorflow/tfjs-core";
import { defaults, type DinoConfig } from "./config.js";
import { presets } from "./presets.js";
import { dinoViews } from "./views.js";

export type DinoMethod = Method<"embeddingDeviation">;

/** One encoder with its head; the student and the teacher are two of them with the same initial weights. */
function createNetwork(encoder: Encoder, config: DinoConfig, random: Random) {
  const head = createPrototypeHead(random, {
    inputDim: encoder.layout.embedDim,
    hiddenDim: config.hiddenDim,
    bottleneckDim: config.bottleneckDim,
    prototypes: config.prototypes,
    normalizeLastLayer: config.normalizeLastLayer,
  });
  return {
    encoder,
    parameters: prefixParameters({ encoder: encoder.parameters, head: head.parameters }),
    buffers: prefixParameters({ encoder: encoder.buffers, head: head.buffers }),
    features: (images: readonly Float<"B Y X C">[], context?: ForwardContext): Float<"B D"> =>
      pooledFeatures(encoder, concat([...images]), context),
    scores: (features: Float<"B D">): Float<"B K"> => head.apply(features),
  };
}

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
export const dino: MethodFactory<DinoConfig, DinoMethod> = defineMethod({
  name: "dino",
  paper: "https://arxiv.org/abs/2104.14294",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const student = createNetwork(encoders("student"), config, random.derive("head"));
    const teacher = createNetwork(encoders("teacher"), config, random.derive("head"));
    copyParameters(student.parameters, teacher.parameters);
    const center = buffer(new Float32Array(config.prototypes), [config.prototypes]) as Variable<Rank.R1>;
    // Mean teacher scores of this step, kept from the loss for afterStep.
    const pending: Float<"K">[] = [];

    return {
      name: "dino",
      config: { ...config },
      views: dinoViews(config, student.encoder.layout),
      encoder: teacher.encoder,
      trainable: student.parameters,
      buffers: { ...prefixParameters({ teacher: { ...teacher.parameters, ...teacher.buffers } }), ...student.buffers, center },

      assertBatch(plan) {
        assertViews("dino", plan, { global: 2, local: config.localViews }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const globals = viewsNamed(batch, "global");
          const locals = viewsNamed(batch, "local");
          const views = globals.length + locals.length;
          const teacherScores = withoutGradient(() => teacher.scores(teacher.features(globals))); // [2B, K]
          // One forward pass for each resolution.
          const globalFeatures = student.features(globals, context); // [2B, D]
          const features = locals.length === 0 ? globalFeatures : concat<Float<"B D">>([globalFeatures, student.features(locals, { ...context, firstView: globals.length })]);
          const studentViews: Float<"V B K"> = reshape(student.scores(features), [views, batch.size, config.prototypes]);
          const teacherViews: Float<"V B K"> = reshape(teacherScores, [globals.length, batch.size, config.prototypes]);
          const loss = dinoCrossEntropy(studentViews, teacherViews, center, {
            studentTemperature: config.studentTemperature,
            teacherTemperature: rateAt(config.teacherTemperature, context.progress),
          });
          pending.push(keep(context.collective.allReduce(mean<Float<"K">>(teacherScores, 0), "mean")));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(globalFeatures) } };
        });
      },

      afterStep(context) {
        const batchMeans = pending.splice(0);
        if (batchMeans.length > 0) {
          // One update a step, also when its batch came in parts.
          const updated = tidy(() => {
            const teacherScores: Float<"V B K"> = reshape(stack(batchMeans), [1, batchMeans.length, config.prototypes]);
            return updateCenter(center, teacherScores, { momentum: config.centerMomentum });
          });
          center.assign(updated);
          dispose([...batchMeans, updated]);
        }
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, context.progress));
      },

      isFrozen: (parameter, context) => parameter.startsWith("head.last_layer") && context.progress.epoch < config.freezeLastLayerEpochs,
    };
  },
});
