import type { OptimizerRecipe } from "@ssl-vit/core";
import type { ClassifierLayer, ClassifierMix } from "./classifier-options.js";
import type { TokenLayer } from "./choose-tokens.js";

/** How a whole encoder is fine-tuned, as plain data. */
export interface FinetuneRecipe {
  readonly description: string;
  /** What the authors report for it, and where it is written. */
  readonly published?: { readonly result: string; readonly source: string };
  readonly optimizer: OptimizerRecipe;
  readonly epochs: number;
  readonly batchSize: number;
  readonly layer: ClassifierLayer;
  /** Drop path of the last block, growing linearly from 0 in the first. */
  readonly dropPathRate: number;
  readonly mix: Required<ClassifierMix>;
  readonly labelSmoothing: number;
  /** How often a part of an image is erased. */
  readonly randomErasing: number;
  /** Share of the image's area in the crop. */
  readonly cropScale: readonly [number, number];
}

/** How a linear classifier is trained on a frozen encoder, as plain data. */
export interface LinearRecipe {
  readonly description: string;
  readonly published: { readonly result: string; readonly source: string };
  readonly optimizer: OptimizerRecipe;
  readonly epochs: number;
  /** That of the authors. The learning rate is scaled by the batch that is used. */
  readonly batchSize: number;
  readonly layer: TokenLayer;
  /** Batch normalisation without scale and offset before the classifier. */
  readonly batchNorm: boolean;
  /** Of crops in training, where there are any. */
  readonly interpolation: "bicubic" | "bilinear";
}

/**
 * Fine-tuning recipes. `mae` is for ImageNet. Deviations from the authors': no RandAugment, which does not exist here; the position embedding and
 * tokens are decayed as other matrices are.
 */
export const finetuneRecipes = {
  mae: {
    description: "MAE's for ViT-B, without RandAugment",
    published: {
      result: "83.6 % top-1 on ImageNet-1k: ViT-B/16, 1600 epochs of pre-training (with RandAugment)",
      source: "https://github.com/facebookresearch/mae, FINETUNE.md and main_finetune.py (ViT-L: learning rate 1e-3, layer decay 0.75, 50 epochs, drop path 0.2)",
    },
    optimizer: { name: "adamw", learningRate: 5e-4, minLearningRate: 1e-6, warmupEpochs: 5, weightDecay: 0.05, betas: [0.9, 0.999], layerDecay: 0.65 },
    epochs: 100,
    batchSize: 1024,
    layer: "global-pool",
    dropPathRate: 0.1,
    mix: { mixupAlpha: 0.8, cutmixAlpha: 1, probability: 1, cutmixProbability: 0.5 },
    labelSmoothing: 0.1,
    randomErasing: 0.25,
    cropScale: [0.08, 1],
  },
  small: {
    description: "about a thousand labelled images of 32 px, minutes on a laptop",
    optimizer: { name: "adamw", learningRate: 1e-2, warmupEpochs: 5, weightDecay: 0.05, layerDecay: 0.75 },
    epochs: 60,
    batchSize: 64,
    layer: "mean",
    dropPathRate: 0.1,
    mix: { mixupAlpha: 0.2, cutmixAlpha: 0, probability: 1, cutmixProbability: 0.5 },
    labelSmoothing: 0.1,
    randomErasing: 0,
    cropScale: [0.6, 1],
  },
} as const satisfies Readonly<Record<string, FinetuneRecipe>>;

/**
 * Linear probing recipes. The authors change the learning rate once an epoch (MAE: each step), here it changes each step. They are for ImageNet's 1.28
 * million images: a few thousand make a few hundred steps, after which LARS by MAE's rate and SGD by DINO's are far from done. Give them more epochs
 * or a higher rate, or take `linearProbe`.
 */
export const linearRecipes = {
  dino: {
    description: "DINO's for ViT-S: SGD on the [CLS] tokens of the last 4 blocks",
    published: { result: "77.0 % top-1 on ImageNet-1k: DINO ViT-S/16", source: "https://github.com/facebookresearch/dino, eval_linear.py (ViT-B: the [CLS] token and the patch mean, layer cls+mean)" },
    optimizer: { name: "sgd", learningRate: 1e-3, momentum: 0.9, weightDecay: 0 },
    epochs: 100,
    batchSize: 1024,
    layer: "last4",
    batchNorm: false,
    interpolation: "bilinear",
  },
  mae: {
    description: "MAE's: LARS on the [CLS] token, normalised by batch statistics",
    published: { result: "67.8 % top-1 on ImageNet-1k: MAE ViT-B/16", source: "https://github.com/facebookresearch/mae, FINETUNE.md, main_linprobe.py and util/lars.py" },
    optimizer: { name: "lars", learningRate: 0.1, warmupEpochs: 10, momentum: 0.9, weightDecay: 0 },
    epochs: 90,
    batchSize: 16_384,
    layer: "cls",
    batchNorm: true,
    interpolation: "bicubic",
  },
  moco: {
    description: "MoCo v3's for ViTs: SGD with a high rate on the [CLS] token",
    published: { result: "73.2 % top-1 on ImageNet-1k: MoCo v3 ViT-S/16", source: "https://github.com/facebookresearch/moco-v3, CONFIG.md and main_lincls.py" },
    optimizer: { name: "sgd", learningRate: 3, momentum: 0.9, weightDecay: 0 },
    epochs: 90,
    batchSize: 1024,
    layer: "cls",
    batchNorm: false,
    interpolation: "bilinear",
  },
} as const satisfies Readonly<Record<string, LinearRecipe>>;
