/**
 * MSN, masked siamese networks: a student sees part of an image's patches, or a small crop, and predicts which prototypes a slowly moving
 * teacher assigns the whole image to. All prototypes shall be used.
 *
 * Paper: Assran et al., "Masked Siamese Networks for Label-Efficient Learning", https://arxiv.org/abs/2204.07141.
 * Checked against facebookresearch/msn: configs/pretrain/msn_vits16.yaml, src/{msn_train,losses,data_manager,deit,utils}.py, linear_eval.py.
 * Deviations: each image drops patches of its own, theirs one set for a whole batch; focal views as large as the random view keep all patches,
 * theirs not; the prototypes' gradient is the mean over processes, theirs the sum, which AdamW does not tell apart; steps count from 0, theirs
 * from 1; patch embedding and [CLS] start as timm's, theirs normal, after He et al. and with deviation 0.02; blur with a Gaussian of σ, where the
 * authors' radius is PIL's.
 */
import {
  assertViews,
  checkOptions,
  ConfigError,
  defineMethod,
  type Float,
  type Method,
  type MethodFactory,
  pooledFeature,
  pooledFeatures,
  rateAt,
  type StepContext,
  tidySignals,
  type ViewBatch,
  viewsNamed,
  withoutGradient,
} from "@ssl-vit/core";
import { createMlpHead, studentAndTeacher } from "@ssl-vit/heads";
import { cosines, embeddingDeviation, msn as msnLoss, msnAssignments, scoredPrototypes } from "@ssl-vit/losses";
import { gatherTokens, randomMask } from "@ssl-vit/masking";
import { fanInUniform } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { concat, type Rank, tidy, type Variable } from "@tensorflow/tfjs-core";
import { defaults, type MsnConfig } from "./config.js";
import { presets } from "./presets.js";
import { msnViews } from "./views.js";

/** What {@link msn} makes. It logs the deviation of the embeddings of the masked views: about 1 when they point everywhere, 0 when they collapse. */
export type MsnMethod = Method<"embeddingDeviation">;

function check(config: Readonly<MsnConfig>): void {
  const option = checkOptions("msn", config);
  option.whole(2, "prototypes");
  option.whole(1, "hiddenDim", "outputDim");
  option.whole(0, "sinkhornIterations", "focalViews");
  option.positive("temperature", "sharpenTemperature");
  option.atLeast(0, "meanEntropyWeight", "jitterStrength");
  option.share("teacherMomentum");
  if (!(config.patchDrop >= 0 && config.patchDrop < 1)) option.refuse("patchDrop", "a number in [0, 1)");
  option.positiveShare("focalSizeRatio");
  option.range("randomScale", "focalScale");
}

/** Refuses to drop every patch of an image. */
function checkPatches(patches: number, patchDrop: number): void {
  if (Math.floor(patches * (1 - patchDrop)) >= 1) return;
  const fix = "A smaller patchSize gives more patches.";
  throw new ConfigError({ package: "msn", what: "patchDrop", expected: `a share that leaves one of ${patches} patches`, received: String(patchDrop), fix });
}

/** MSN on the given encoders. */
export const msn: MethodFactory<MsnConfig, MsnMethod, "paper" | "small"> = defineMethod({
  name: "msn",
  paper: "https://arxiv.org/abs/2204.07141",
  defaults,
  presets,
  check,

  create(encoders, config, random) {
    const { student, teacher, buffers } = studentAndTeacher(encoders, (embedDim) =>
      createMlpHead(random.derive("projector"), {
        dims: [embedDim, config.hiddenDim, config.hiddenDim, config.outputDim],
        hiddenBias: true,
        hiddenNorm: true,
        activation: "gelu",
        outputBias: true,
        outputNorm: "none",
      }),
    );
    const { layout } = student.encoder;
    const patches = layout.gridSize[0] * layout.gridSize[1];
    checkPatches(patches, config.patchDrop);
    // Uniform within 1 ÷ √outputDim.
    const prototypes = fanInUniform(random.derive("prototypes"), [config.prototypes, config.outputDim]) as Variable<Rank.R2>;

    /** Features of the patches that an image keeps; which, depends on the step and the image's place in the data set. */
    const featuresOfPart = (images: Float<"B Y X C">, indices: Int32Array, context: StepContext): Float<"B D"> => {
      if (config.patchDrop === 0) return pooledFeatures(student.encoder, images, context);
      const mask = randomMask(context.random, { batchSize: images.shape[0], indices, patches, maskRatio: config.patchDrop });
      const kept = gatherTokens(student.encoder.embedPatches(images), mask.visibleIndices); // [B, M, D]
      return pooledFeature(student.encoder, student.encoder.encodeTokens(kept, context));
    };

    /** How a whole image is assigned to prototypes. */
    const assignment = { temperature: config.temperature, sharpenTemperature: config.sharpenTemperature, sinkhornIterations: config.sinkhornIterations };

    const embedPart = (batch: ViewBatch, context: StepContext): Float<"B D"> =>
      student.projector.apply(featuresOfPart(viewsNamed(batch, "random")[0]!, batch.indices, context), context);

    const embedTarget = (batch: ViewBatch, context: StepContext): Float<"B D"> =>
      withoutGradient(() => teacher.projectGroups([viewsNamed(batch, "target")], context));

    const featuresOfFocal = (views: readonly Float<"B Y X C">[], context: StepContext): Float<"B D"> =>
      pooledFeatures(student.encoder, concat([...views]), { ...context, firstView: 1 });

    return {
      name: "msn",
      config: { ...config },
      views: msnViews(config, layout),
      // linear_eval.py and logistic_eval.py load "target_encoder".
      encoder: teacher.encoder,
      trainable: { ...student.parameters, "prototypes.weight": prototypes },
      buffers,

      assertBatch(plan) {
        assertViews("msn", plan, { target: 1, random: 1, focal: config.focalViews });
      },

      loss(batch, context) {
        return tidy(() => {
          const focal = viewsNamed(batch, "focal");
          // The head's norms take the statistics of one size of views at a time.
          const first = embedPart(batch, context); // [B, D]
          const rest = focal.length === 0 ? [] : [student.projector.apply(featuresOfFocal(focal, context), context)];
          const loss = msnLoss(concat([first, ...rest]), embedTarget(batch, context), prototypes, {
            ...assignment,
            meanEntropyWeight: config.meanEntropyWeight,
            collective: context.collective,
          });
          return { loss, metrics: { embeddingDeviation: embeddingDeviation(first) } };
        });
      },

      signals(batch, context) {
        return tidySignals(() => {
          const [part, target] = [embedPart(batch, context), embedTarget(batch, context)];
          const assigned = msnAssignments(target, prototypes, { ...assignment, collective: context.collective });
          const sharpness = config.temperature * config.sharpenTemperature;
          return {
            // Of both large views, whole.
            embeddings: student.projectViews([["target", "random"].map((name) => viewsNamed(batch, name)[0]!)], context),
            targets: [target],
            student: scoredPrototypes(cosines(part, prototypes), config.temperature),
            teacher: { kind: "prototypes", scores: cosines(target, prototypes), temperature: sharpness, probabilities: assigned },
            // The entropy of a mean that is uniform adds nothing.
            uninformedLoss: () => Math.log(config.prototypes),
          };
        });
      },

      afterStep({ progress }) {
        updateMovingAverage(teacher.parameters, student.parameters, rateAt(config.teacherMomentum, progress));
      },
    };
  },
});
