import type { Preset } from "@ssl-vit/core";
import { linearWarmup } from "@ssl-vit/optim";
import type { DinoConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<DinoConfig>>> = {
  paper: {
    description: "ViT-S/16 on ImageNet-1K, batch 1024, 300 epochs (the authors' boosted recipe).",
    published: { result: "ImageNet-1K: 73.3 % k-NN, 76.0 % linear", source: "facebookresearch/dino README, ViT-S/16, 300 epochs" },
    model: { size: "small", patchSize: 16, dropPathRate: 0.1 },
    method: { normalizeLastLayer: false, teacherTemperature: linearWarmup({ from: 0.04, to: 0.07, epochs: 30 }) },
    optimizer: {
      name: "adamw",
      learningRate: 5e-4,
      minLearningRate: 1e-6,
      warmupEpochs: 10,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clipNorm: 3,
      clipMode: "per-tensor",
    },
    imageSize: 224,
    batchSize: 1024,
    epochs: 300,
  },
  small: {
    description: "Images of 28-64 px on a CPU: fewer prototypes, four local views of half the side, a faster teacher.",
    model: { size: "pico", patchSize: 4 },
    method: {
      prototypes: 1024,
      hiddenDim: 512,
      bottleneckDim: 128,
      teacherMomentum: 0.99,
      localViews: 4,
      localSizeRatio: 0.5,
    },
    optimizer: { name: "adamw", learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0.04, clipNorm: 3, clipMode: "per-tensor" },
    imageSize: 32,
    batchSize: 64,
    epochs: 10,
  },
};
