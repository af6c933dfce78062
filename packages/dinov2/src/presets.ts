import type { Preset } from "@ssl-vit/core";
import { linearWarmup } from "@ssl-vit/optim";
import type { Dinov2Config } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<Dinov2Config>>> = {
  paper: {
    // An epoch of the authors' is 1250 steps of 2048 images, two passes over ImageNet-1K: here all epochs are passes.
    description: "ViT-L/16 on ImageNet-1K, batch 2048, 125,000 steps (the authors' vitl16_short).",
    published: { result: "ImageNet-1K: 81.6 % k-NN, 82.9 % linear", source: "facebookresearch/dinov2 README.md, ViT-L/16" },
    model: { size: "large", patchSize: 16, layerScale: 1e-5, dropPathRate: 0.3 },
    method: { teacherTemperature: linearWarmup({ from: 0.04, to: 0.07, epochs: 60 }), freezeLastLayerEpochs: 2 },
    optimizer: {
      name: "adamw",
      learningRate: 4e-3,
      learningRateBatch: 1024,
      learningRateRule: "sqrt",
      minLearningRate: 1e-6,
      warmupEpochs: 20,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clipNorm: 3,
      clipMode: "per-module",
      layerDecay: 0.9,
      groups: [{ match: "encoder.patch_embed.", learningRateFactor: 0.2 }],
    },
    imageSize: 224,
    batchSize: 2048,
    epochs: 200,
  },
  small: {
    description: "Images of 28-64 px on a CPU: 256 prototypes, a narrow head, larger views, two local ones of half the side, a faster teacher, no layer decay.",
    model: { size: "pico", patchSize: 4 },
    method: {
      prototypes: 256,
      hiddenDim: 256,
      bottleneckDim: 64,
      teacherTemperature: 0.04,
      teacherMomentum: 0.99,
      localViews: 2,
      localSizeRatio: 0.5,
      globalScale: [0.4, 1],
      localScale: [0.15, 0.5],
    },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.04, clipNorm: 3, clipMode: "per-module" },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
