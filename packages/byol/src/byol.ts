/**
 * BYOL: a student predicts, from one view of an image, what a slowly moving teacher makes of the other. Nothing is pushed apart.
 *
 * Paper: Grill et al., "Bootstrap your own latent: A new approach to self-supervised Learning", https://arxiv.org/abs/2006.07733.
 * Checked against google-deepmind/deepmind-research: byol/byol_experiment.py, configs/byol.py, utils/{networks,schedules,helpers,augmentations}.py.
 * Deviations: the teacher starts as the student's copy, theirs from another seed ("we did not notice a significant difference"); weights start
 * normal with deviation 1 ÷ √in, theirs are cut at two deviations; a ViT's [CLS] token in place of ResNet's pooled features.
 */
import {
  assertViews,
  checkOptions,
  defineMethod,
  prefixParameters,
  rateAt,
  tidySignals,
  viewGroups,
  type Float,
  type Method,
  type MethodFactory,
} from "@ssl-vit/core";
import { createMlpHead, studentAndTeacher, type MlpHeadOptions } from "@ssl-vit/heads";
import { embeddingDeviation, meanOverTargets, negativeCosine } from "@ssl-vit/losses";
import { normal } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { add, mul, tidy } from "@tensorflow/tfjs-core";
import { defaults, type ByolConfig } from "./config.js";
import { presets } from "./presets.js";
import { byolViewPolicy } from "./views.js";

/** What {@link byol} makes. It logs the deviation of the first view's projections: about 1 when they point everywhere, 0 when they collapse. */
export type ByolMethod = Method<"embeddingDeviation">;

/** Of the projector and the predictor: linear, BatchNorm, ReLU, then linear without bias and without norm (networks.py, MLP). */
const headKind = {
  hiddenBias: true,
  hiddenNorm: true,
  activation: "relu",
  outputBias: false,
  outputNorm: "none",
  initialize: (random, shape) => normal(random, shape, 1 / Math.sqrt(shape[1]!)),
} as const satisfies Partial<MlpHeadOptions>;

function check(config: Readonly<ByolConfig>): void {
  const option = checkOptions("byol", config);
  option.whole(1, "hiddenDim", "outputDim");
  option.share("teacherMomentum");
  option.range("cropScale");
}

/** ‖p̂ − ẑ‖² for each image, averaged: 2 − 2·cos. */
const regression = (prediction: Float<"B D">, target: Float<"B D">): Float<""> => add(2, mul(2, negativeCosine(prediction, target)));

/** BYOL on the given encoders. */
export const byol: MethodFactory<ByolConfig, ByolMethod, "paper" | "small"> = defineMethod({
  name: "byol",
  paper: "https://arxiv.org/abs/2006.07733",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const pair = studentAndTeacher(encoders, (embedDim) =>
      createMlpHead(random.derive("projector"), { dims: [embedDim, config.hiddenDim, config.outputDim], ...headKind }),
    );
    const { student, teacher } = pair;
    const predictor = createMlpHead(random.derive("predictor"), { dims: [config.outputDim, config.hiddenDim, config.outputDim], ...headKind });

    return {
      name: "byol",
      config: { ...config },
      views: byolViewPolicy(config, student.encoder.layout),
      // Section 3.1: "At the end of training, we only keep the encoder" of the online network.
      encoder: student.encoder,
      trainable: { ...student.parameters, ...prefixParameters({ predictor: predictor.parameters }) },
      buffers: { ...pair.buffers, ...prefixParameters({ predictor: predictor.buffers }) },

      assertBatch(plan) {
        assertViews("byol", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          const groups = viewGroups(batch);
          const projections = student.projectViews(groups, context);
          const predictions = projections.map((projection) => predictor.apply(projection, context));
          const targets = pair.targetViews(groups[0], context);
          // Both directions of two views are added, not averaged.
          const loss = mul<Float<"">>(2, meanOverTargets(predictions, targets, regression));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(projections[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const [globals] = viewGroups(batch);
          return { embeddings: student.projectViews([globals], context), targets: pair.targetViews(globals, context) };
        });
      },

      afterStep({ progress }) {
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, progress));
      },
    };
  },
});
