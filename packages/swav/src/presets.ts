import type { Preset } from "@ssl-vit/core";
import type { SwavConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<SwavConfig>>> = {
  paper: {
    description: "The authors' recipe for ImageNet-1K, batch 4096, 800 epochs, with a ViT-S/16 in place of their ResNet-50.",
    published: { result: "ImageNet-1K with a ResNet-50: 75.3 % linear", source: "facebookresearch/swav README" },
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: {
      name: "lars",
      trustNorm: "separate",
      learningRate: 4.8,
      learningRateBatch: 4096,
      minLearningRate: 0.0048,
      warmupEpochs: 10,
      warmupLearningRate: 0.3,
      weightDecay: 1e-6,
      // Their LARC decays and adapts every parameter.
      decayBiasAndNorm: true,
    },
    imageSize: 224,
    batchSize: 4096,
    epochs: 800,
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
