/**
 * data2vec: a student that sees an image without some blocks of it predicts, where they were, what a slowly moving teacher that sees all of
 * the image makes of it in its last blocks.
 *
 * Paper: Baevski et al., "data2vec: A General Framework for Self-supervised Learning in Speech, Vision and Language", https://arxiv.org/abs/2202.03555.
 * Checked against facebookresearch/data2vec_vision, beit/: README.md, engine_for_cyclical.py, modeling_cyclical.py, run_cyclical.py, datasets.py.
 * Deviations: the authors' ViT has a relative position bias that its blocks share and no absolute positions, drops 5 % of the attention, and its
 * projections start smaller the deeper they are; here these are the encoder's own. Mask token and head start normal, theirs are cut at one deviation.
 * The loss is the mean over the masked patches of the whole batch; theirs is one process's.
 */
import {
  assertViews,
  ConfigError,
  copyParameters,
  defineMethod,
  type Encoder,
  type Float,
  type Method,
  type MethodFactory,
  patchTokensOf,
  prefixParameters,
  rateAt,
  squareSide,
  type StepContext,
  tidySignals,
  type ViewBatch,
  viewsNamed,
  withoutGradient,
} from "@ssl-vit/core";
import { smoothL1 } from "@ssl-vit/losses";
import { assertBlockRatio, blockMask, type BlockMaskOptions } from "@ssl-vit/masking";
import { createLinear, normalizeTokens, truncatedNormal } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { addN, div, expandDims, maximum, mean, mul, reshape, sqrt, square, sub, sum, type Tensor3D, tidy } from "@tensorflow/tfjs-core";
import { checkConfig, defaults, type Data2vecConfig } from "./config.js";
import { presets } from "./presets.js";
import { data2vecViews } from "./views.js";

/** What {@link data2vec} makes. It logs the deviation of the targets, which is 0 when they collapse. */
export type Data2vecMethod = Method<"targetDeviation">;

/** PyTorch's default, which the targets' normalisations have, not the encoder's 1e-6. */
const EPSILON = 1e-5;

/** The last blocks' outputs at the patches, [B, P, D] each normalised, averaged and normalised again (`--post_target_layer_norm`). */
function targetsOf(teacher: Encoder, images: Float<"B Y X C">, blocks: number): Float<"B P D"> {
  return withoutGradient(() => {
    const outputs = teacher.encodeBlocks!(teacher.embedPatches(images), blocks);
    const patches = outputs.map((tokens) => normalizeTokens(patchTokensOf(teacher, tokens), EPSILON));
    return normalizeTokens(div(addN(patches), blocks), EPSILON);
  });
}

/** Deviation of a target's values over the patches of the batch, averaged over dimensions: 1 at most, 0 when all targets are the same (collapse). */
function deviationOf(targets: Float<"B P D">): Float<""> {
  const variance = mean(square(sub(targets, mean(targets, [0, 1]))), [0, 1]); // [D]
  return mean<Float<"">>(sqrt(variance));
}

/** data2vec on the given encoders. */
export const data2vec: MethodFactory<Data2vecConfig, Data2vecMethod, "paper" | "small"> = defineMethod({
  name: "data2vec",
  paper: "https://arxiv.org/abs/2202.03555",
  defaults,
  presets,
  check: checkConfig,

  create(encoders, config, random) {
    const [encoder, teacher] = [encoders("student"), encoders("teacher")];
    const { depth, embedDim, gridSize } = encoder.layout;
    if (teacher.encodeBlocks === undefined || config.targetBlocks > depth) {
      const expected = teacher.encodeBlocks === undefined ? "an encoder that gives its blocks' outputs (encodeBlocks)" : `at most ${depth}, the encoder's blocks`;
      throw new ConfigError({ package: "data2vec", what: "targetBlocks", expected, received: String(config.targetBlocks) });
    }
    copyParameters(encoder.parameters, teacher.parameters);
    const patches = gridSize[0] * gridSize[1];
    const masked = Math.round(patches * config.maskRatio);
    if (masked < 1 || masked >= patches) {
      const expected = `a share of ${patches} patches that is at least one of them and not all`;
      throw new ConfigError({ package: "data2vec", what: "maskRatio", expected, received: String(config.maskRatio) });
    }
    assertBlockRatio(gridSize, config.maskRatio, { masked });
    const drawMask = (stream: StepContext["random"], images: Pick<BlockMaskOptions, "batchSize" | "indices">): Float<"B P"> =>
      blockMask(stream, { ...images, gridSize, masked });
    const maskToken = truncatedNormal(random.derive("mask_token"), [1, 1, embedDim], 0.02);
    const head = createLinear(random.derive("head"), { inputDim: embedDim, outputDim: embedDim });

    /** What the student predicts of every patch, and what of. */
    const compared = (batch: ViewBatch, context: StepContext) => {
      const [images] = viewsNamed(batch, "global");
      const target = targetsOf(teacher, images!, config.targetBlocks);
      const mask = drawMask(context.random, { batchSize: batch.size, indices: batch.indices });
      const seen = encoder.embedPatches(images!, { mask, token: reshape(maskToken, [embedDim]) });
      const tokens = patchTokensOf(encoder, encoder.encodeTokens(seen, context)); // [B, P, D]
      return { prediction: head.apply(tokens), target, mask };
    };

    return {
      name: "data2vec",
      config: { ...config },
      views: data2vecViews(config, squareSide("data2vec", encoder.layout)),
      // The authors fine-tune the student (`--model_key` of run_class_finetuning.py).
      encoder,
      trainable: { ...prefixParameters({ encoder: encoder.parameters, head: head.parameters }), mask_token: maskToken },
      buffers: prefixParameters({ encoder: encoder.buffers, "teacher.encoder": { ...teacher.parameters, ...teacher.buffers } }),

      assertBatch(plan) {
        assertViews("data2vec", plan, { global: 1 }, 1);
      },

      loss(batch, context) {
        return tidy(() => {
          const { prediction, target, mask } = compared(batch, context);
          const chosen = expandDims<Tensor3D>(mask, 2); // [B, P, 1]
          // Patches that are not masked differ by 0 and add nothing. Images have different numbers of masked ones: the sum is divided by
          // the number in the whole batch, which the mean over processes then is.
          const error = smoothL1(mul(prediction, chosen), mul(target, chosen), { beta: config.beta });
          const total = maximum(context.collective.allReduce(sum<Float<"">>(mask), "sum"), 1);
          const loss = mul<Float<"">>(error, div(batch.size * patches * context.collective.size, total));
          return { loss, metrics: { targetDeviation: deviationOf(target) } };
        });
      },

      signals: (batch, context) =>
        tidySignals(() => {
          const { prediction, target, mask } = compared(batch, context);
          const whole = encoder.encode(viewsNamed(batch, "global")[0]!, context);
          return {
            embeddings: [mean<Float<"B D">>(patchTokensOf(encoder, whole), 1)],
            targets: [mean<Float<"B D">>(target, 1)],
            patches: { of: "features", prediction, target, mask },
          };
        }),

      afterStep({ progress }) {
        updateMovingAverage(teacher.parameters, encoder.parameters, rateAt(config.teacherMomentum, progress));
      },
    };
  },
});
