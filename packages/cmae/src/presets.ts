import type { Preset } from "@ssl-vit/core";
import type { CmaeConfig } from "./config.js";

/** The configs' `mask_token: decay_mult 0`: of three axes, they would be decayed. */
const maskTokens = ["pixel_decoder.mask_token", "feature_decoder.mask_token"].map((match) => ({ match, weightDecayFactor: 0 }));

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<CmaeConfig>>> = {
  paper: {
    description: "ViT-B/16 on ImageNet-1K, batch 4096, 1600 epochs.",
    published: { result: "ImageNet-1K: 84.7 % fine-tuned (83.8 % after 300 epochs)", source: "ZhichengHuang/CMAE README, ViT-Base" },
    model: { size: "base", patchSize: 16, positionEmbedding: "sincos2d", initialization: "mae" },
    method: {},
    optimizer: {
      name: "adamw",
      learningRate: 1.5e-4,
      warmupEpochs: 40,
      weightDecay: 0.05,
      betas: [0.9, 0.95],
      groups: [{ match: "encoder.cls_token", weightDecayFactor: 0 }, ...maskTokens],
    },
    imageSize: 224,
    batchSize: 4096,
    epochs: 1600,
  },
  small: {
    description: "Images of 28-64 px on a CPU: narrow decoders of two blocks and one, narrow heads, a sharp view, a faster teacher.",
    model: { size: "pico", patchSize: 4, positionEmbedding: "sincos2d", initialization: "mae" },
    method: {
      maskUnit: 1, // 28 px are 7 patches
      decoderDim: 128,
      decoderHeads: 4,
      pixelDecoderDepth: 2,
      featureDecoderDepth: 1,
      hiddenDim: 256,
      outputDim: 64,
      teacherMomentum: 0.99,
      blur: false,
    },
    optimizer: { name: "adamw", learningRate: 1.5e-3, warmupEpochs: 1, weightDecay: 0.05, betas: [0.9, 0.95], groups: maskTokens },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
