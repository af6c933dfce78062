/**
 * A supervised classifier on an encoder, as a method: whatever trains methods fine-tunes it, or trains a linear probe on the frozen encoder.
 *
 * Checked against facebookresearch/mae (main_finetune.py, main_linprobe.py, models_vit.py), facebookresearch/dino (eval_linear.py) and
 * facebookresearch/moco-v3 (main_lincls.py). Deviations: the start of the head's weight is the plain normal distribution, which theirs is
 * but for a cut at ±2; several processes mix each its own rows (as theirs do), so that a mixed run depends on their number.
 */
import { mixBatch } from "@ssl-vit/augment";
import { assertViews, ConfigError, createRandom, type Encoder, type Float, type ForwardContext, type Method, type ParameterMap, patchTokensOf, prefixParameters, type Random, withoutGradient } from "@ssl-vit/core";
import { softmaxCrossEntropy } from "@ssl-vit/losses";
import { createLayerNorm } from "@ssl-vit/nn";
import { updateMovingAverage } from "@ssl-vit/optim";
import { argMax, cast, clone, dispose, equal, mean, tensor2d, tensor4d, tidy, variable } from "@tensorflow/tfjs-core";
import { chooseTokens } from "./choose-tokens.js";
import { createClassifierHead } from "./classifier-head.js";
import { type ClassifierConfig, type ClassifierOptions, resolveClassifierOptions } from "./classifier-options.js";
import { imageFeatures } from "./image-features.js";

/** An encoder with a classifier on it. `accuracy` is the share of a training batch that is right, mixed images by their larger part. */
export interface ClassifierMethod extends Method<"accuracy"> {
  readonly config: ClassifierConfig & Readonly<Record<string, unknown>>;
  /** Scores of each class, [B, Y, X, C] → [B, K], the caller's. Without context: as evaluated, no drop path, running statistics. */
  logits(images: Float<"B Y X C">, context?: ForwardContext): Float<"B K">;
  /**
   * Runs something with the weights that evaluation uses: the moving average where one is kept. Training must not go on before it has ended; the
   * weights are then what they were.
   */
  withEvaluatedWeights<T>(run: () => Promise<T>): Promise<T>;
}

/** What the head sees, and what is trained for it beside encoder and head. */
interface Pooling {
  readonly dim: number;
  readonly parameters: ParameterMap;
  readonly apply: (images: Float<"B Y X C">, context?: ForwardContext) => Float<"B D">;
}

/** Features of an encoder for the head. */
function createPooling(encoder: Encoder, { layer, freezeEncoder }: ClassifierConfig): Pooling {
  const { embedDim } = encoder.layout;
  if (layer !== "global-pool") {
    // Refused now rather than at the first step.
    chooseTokens(encoder, { layer });
    const width = { cls: 1, mean: 1, "cls+mean": 2, last4: 4 }[layer];
    return { dim: width * embedDim, parameters: {}, apply: (images, context) => imageFeatures(encoder, images, { layer }, context) };
  }
  if (freezeEncoder) throw new ConfigError({ package: "eval", what: "layer", expected: '"cls", "mean", "cls+mean" or "last4" of a frozen encoder', received: '"global-pool", which has a norm of its own to train' });
  if (encoder.encodeBlocks === undefined) throw new ConfigError({ package: "eval", what: "encoder", expected: 'one that gives its blocks\' outputs (encodeBlocks), for "global-pool"', received: "one that does not" });
  const norm = createLayerNorm({ dim: embedDim, epsilon: 1e-6 });
  return {
    dim: embedDim,
    parameters: prefixParameters({ fc_norm: norm.parameters }),
    apply: (images, context) =>
      tidy(() => {
        const [tokens] = encoder.encodeBlocks!(encoder.embedPatches(images), 1, context);
        return norm.apply(mean<Float<"B D">>(patchTokensOf(encoder, tokens!), 1));
      }),
  };
}

/** Classes of the images, and what they are mixed with; [B, Y, X, C] and [B, K]. */
function prepareBatch(images: Float<"B Y X C">, labels: Int32Array, { numClasses, mix, labelSmoothing }: ClassifierConfig, random: Random): { images: Float<"B Y X C">; targets: Float<"B K"> } {
  const options = { classes: numClasses, labelSmoothing, ...mix };
  const isMixed = mix.mixupAlpha > 0 || mix.cutmixAlpha > 0;
  // Without mixing the pixels need not leave the device: a batch of one value an image has the same targets.
  const batch = isMixed
    ? { images: images.dataSync<"float32">(), shape: images.shape, labels }
    : { images: new Float32Array(labels.length), shape: [labels.length, 1, 1, 1] as const, labels };
  const mixed = mixBatch(batch, options, random);
  return { images: isMixed ? tensor4d(mixed.images, images.shape) : images, targets: tensor2d(mixed.targets, [labels.length, numClasses]) };
}

/**
 * Puts a linear classifier on an encoder. Its weights are trained from where they are (`freezeEncoder`: the head's alone). Names: `encoder.*` (what
 * `layerDecay` goes by), `fc_norm.*`, `head.*`.
 *
 * @throws ConfigError for options that cannot be, and for a layer that the encoder lacks; its loss for images whose label is no class
 */
export function createClassifier(encoder: Encoder, options: ClassifierOptions): ClassifierMethod {
  const { labels, views, seed = 0 } = options;
  const config = resolveClassifierOptions(options, encoder.layout.hasClsToken);
  const { layer, freezeEncoder, numClasses, batchNorm, headDeviation, averageMomentum } = config;
  const pooling = createPooling(encoder, config);
  const head = createClassifierHead(createRandom(seed).derive("classifier"), { dim: pooling.dim, numClasses, batchNorm, deviation: headDeviation });

  const ofEncoder = Object.entries(prefixParameters({ encoder: encoder.parameters }));
  const isTrained = (name: string): boolean => !freezeEncoder && !(layer === "global-pool" && name.startsWith("encoder.norm."));
  const trainable: ParameterMap = { ...Object.fromEntries(ofEncoder.filter(([name]) => isTrained(name))), ...pooling.parameters, ...head.parameters };
  const average: ParameterMap = averageMomentum === 0 ? {} : Object.fromEntries(Object.entries(trainable).map(([name, weight]) => [name, variable(weight, false)]));
  const buffers: ParameterMap = {
    ...Object.fromEntries(ofEncoder.filter(([name]) => !isTrained(name))),
    ...prefixParameters({ encoder: encoder.buffers, average }),
    ...head.buffers,
  };

  const logits: ClassifierMethod["logits"] = (images, context) =>
    tidy(() => {
      const features = freezeEncoder ? withoutGradient(() => pooling.apply(images)) : pooling.apply(images, context);
      return head.apply(features, context);
    });

  const labelsOf = (indices: Int32Array): Int32Array => {
    const picked = indices.map((index) => labels[index] ?? -1);
    const place = picked.findIndex((label) => label < 0 || label >= numClasses);
    if (place < 0) return picked;
    const received = `${picked[place]!} for image ${indices[place]!}`;
    throw new ConfigError({ package: "eval", what: "labels", expected: `class numbers from 0 to ${numClasses - 1} of all images that are trained on`, received, fix: "-1 is an image without a label: train on a subset that has labels." });
  };

  return {
    name: "classifier",
    config: { ...config },
    views,
    encoder,
    trainable,
    buffers,
    logits,

    assertBatch: (plan) => {
      assertViews("eval", plan, { global: 1 }, batchNorm ? 2 : 1);
    },

    loss: (batch, context) => {
      const own = labelsOf(batch.indices);
      return tidy(() => {
        const { images, targets } = prepareBatch(batch.views[0]!.images, own, config, context.random.derive("mix"));
        const scores = logits(images, { ...context, indices: batch.indices });
        const right = cast(equal(argMax(scores, 1), argMax(targets, 1)), "float32");
        return { loss: mean<Float<"">>(softmaxCrossEntropy(scores, targets)), metrics: { accuracy: mean<Float<"">>(right) } };
      });
    },

    afterStep: () => {
      if (averageMomentum > 0) updateMovingAverage(average, trainable, averageMomentum);
    },

    withEvaluatedWeights: async (run) => {
      const weights = Object.keys(average).map((name) => [trainable[name]!, average[name]!, clone(trainable[name]!)] as const);
      try {
        for (const [weight, averaged] of weights) weight.assign(averaged);
        return await run();
      } finally {
        for (const [weight, , own] of weights) weight.assign(own);
        dispose(weights.map(([, , own]) => own));
      }
    },
  };
}
