/**
 * MoCo v3: a student's prediction of one view finds, among the keys of the whole batch, the key that a slowly moving teacher gives the
 * other view of the same image.
 *
 * Paper: Chen, Xie and He, "An Empirical Study of Training Self-Supervised Vision Transformers", https://arxiv.org/abs/2104.02057.
 * Checked against facebookresearch/moco-v3: moco/builder.py, vits.py, main_moco.py, main_lincls.py.
 * Deviations: the teacher moves at the end of a step by the momentum of the next, where theirs moves in the next step just before its keys:
 * the keys are the same. Fixed positions hold columns before rows (MAE's order), theirs rows before columns. The blur is a true Gaussian,
 * theirs PIL's.
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
import { embeddingDeviation, infoNce, meanOverTargets, scoredImages } from "@ssl-vit/losses";
import { fanInUniform } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { mul, tidy } from "@tensorflow/tfjs-core";
import { defaults, type MocoConfig } from "./config.js";
import { presets } from "./presets.js";
import { mocoViews } from "./views.js";

/** What {@link moco} makes. It logs the deviation of the first view's projections: about 1 when they point everywhere, 0 when they collapse. */
export type MocoMethod = Method<"embeddingDeviation">;

/** Of the projector and the predictor: no biases, and a last BatchNorm without factor and offset (moco/builder.py, _build_mlp). */
const headKind = {
  hiddenBias: false,
  hiddenNorm: true,
  activation: "relu",
  outputBias: false,
  outputNorm: "plain",
  initialize: fanInUniform,
} as const satisfies Partial<MlpHeadOptions>;

function check(config: Readonly<MocoConfig>): void {
  const option = checkOptions("moco", config);
  option.positive("temperature");
  option.whole(1, "hiddenDim", "outputDim");
  option.share("teacherMomentum");
  option.range("cropScale");
}

/** MoCo v3 on the given encoders. */
export const moco: MethodFactory<MocoConfig, MocoMethod, "paper" | "small"> = defineMethod({
  name: "moco",
  paper: "https://arxiv.org/abs/2104.02057",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const pair = studentAndTeacher(encoders, (embedDim) =>
      createMlpHead(random.derive("projector"), { dims: [embedDim, config.hiddenDim, config.hiddenDim, config.outputDim], ...headKind }),
    );
    const { student, teacher } = pair;
    const predictor = createMlpHead(random.derive("predictor"), { dims: [config.outputDim, config.hiddenDim, config.outputDim], ...headKind });

    return {
      name: "moco",
      config: { ...config },
      views: mocoViews(config, student.encoder.layout),
      // main_lincls.py judges the base encoder, not the momentum encoder.
      encoder: student.encoder,
      trainable: { ...student.parameters, ...prefixParameters({ predictor: predictor.parameters }) },
      buffers: { ...pair.buffers, ...prefixParameters({ predictor: predictor.buffers }) },

      assertBatch(plan) {
        assertViews("moco", plan, { global: 2, local: "any" });
      },

      loss(batch, context) {
        return tidy(() => {
          const groups = viewGroups(batch);
          const projections = student.projectViews(groups, context);
          const queries = projections.map((projection) => predictor.apply(projection, context));
          const keys = pair.targetViews(groups[0], context);
          const options = { temperature: config.temperature, collective: context.collective };
          // Both directions of two views are added, not averaged.
          const loss = mul<Float<"">>(2, meanOverTargets(queries, keys, (query, key) => infoNce(query, key, options)));
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(projections[0]!) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const [globals] = viewGroups(batch);
          const embeddings = student.projectViews([globals], context);
          const targets = pair.targetViews(globals, context);
          const query = predictor.apply(embeddings[1]!, context);
          return {
            embeddings,
            targets,
            student: scoredImages(query, targets[0]!, config.temperature),
            // 2·temperature·ln B of each direction (`infoNce`), and both are added.
            uninformedLoss: (images) => 4 * config.temperature * Math.log(images),
          };
        });
      },

      afterStep({ progress }) {
        const { step, totalSteps, epoch, totalEpochs } = progress;
        const next = { ...progress, step: step + 1, epoch: epoch + totalEpochs / totalSteps };
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, next));
      },

      isFrozen: (parameter) => config.freezePatchEmbedding && parameter.startsWith("encoder.patch_embed."),
    };
  },
});
