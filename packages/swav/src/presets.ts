import type { Preset } from "@ssl-vit/core";
import type { SwavConfig } from "./config.js";

/** Their LARC: it decays and adapts every parameter. */
const larc = { name: "lars", trustNorm: "separate", weightDecay: 1e-6, decayBiasAndNorm: true } as const;

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "paper-256" | "small", Preset<SwavConfig>>> = {
  paper: {
    description: "The authors' recipe for ImageNet-1K, batch 4096, 800 epochs, with a ViT-S/16 in place of their ResNet-50.",
    published: { result: "ImageNet-1K with a ResNet-50: 75.3 % linear", source: "facebookresearch/swav README, swav_800ep_pretrain.sh" },
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: { ...larc, learningRate: 4.8, learningRateBatch: 4096, minLearningRate: 0.0048, warmupEpochs: 10, warmupLearningRate: 0.3 },
    imageSize: 224,
    batchSize: 4096,
    epochs: 800,
  },
  "paper-256": {
    description: "Their recipe for a batch of 256, 400 epochs: a queue of 3,840 images from epoch 15, prototypes at rest for an epoch.",
    published: { result: "ImageNet-1K with a ResNet-50: 74.3 % linear", source: "facebookresearch/swav README, swav_400ep_bs256_pretrain.sh" },
    model: { size: "small", patchSize: 16 },
    method: { queueLength: 3840, freezePrototypesSteps: 5005 },
    optimizer: { ...larc, learningRate: 0.6, minLearningRate: 0.0006 },
    imageSize: 224,
    batchSize: 256,
    epochs: 400,
  },
  small: {
    description: "Images of 28-64 px on a CPU: larger and sharp views, 64 prototypes, two local views of half the side, AdamW in place of LARS.",
    model: { size: "pico", patchSize: 4 },
    method: {
      prototypes: 64,
      hiddenDim: 512,
      outputDim: 64,
      freezePrototypesSteps: 50,
      localViews: 2,
      localSizeRatio: 0.5,
      globalScale: [0.3, 1],
      localScale: [0.2, 0.6],
      jitterStrength: 0.5,
      blur: false,
    },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
