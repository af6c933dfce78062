import type { Preset } from "@ssl-vit/core";
import type { IjepaConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<IjepaConfig>>> = {
  paper: {
    description: "ViT-H/14 on ImageNet-1K, batch 2048, 300 epochs.",
    published: { result: "ImageNet-1K: 79.3 % linear", source: "arXiv 2301.08243, Table 1, ViT-H/14, 300 epochs" },
    model: { size: "huge", patchSize: 14, clsToken: false, positionEmbedding: "sincos2d" },
    method: {},
    optimizer: {
      name: "adamw",
      learningRate: 1e-3,
      learningRateBatch: 0,
      warmupEpochs: 40,
      warmupLearningRate: 2e-4,
      minLearningRate: 1e-6,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
    },
    imageSize: 224,
    batchSize: 2048,
    epochs: 300,
  },
  small: {
    description: "Images of 28-64 px on a CPU: a narrow predictor, contexts cut at random from the whole grid, a faster teacher.",
    model: { size: "pico", patchSize: 4, clsToken: false, positionEmbedding: "sincos2d" },
    method: { predictorDim: 64, predictorDepth: 2, minKeep: 4, wholeGrid: true, cut: "random", teacherMomentum: 0.99 },
    optimizer: { name: "adamw", learningRate: 1e-3, learningRateBatch: 0, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
