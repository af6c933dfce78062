import type { Preset } from "@ssl-vit/core";
import type { MsnConfig } from "./config.js";

/** The prototypes follow the encoder's learning rate, without decay; their gradients are not clipped (`msn_train.py`, init_opt). */
const groups = [{ match: "prototypes.", weightDecayFactor: 0, unclipped: true }] as const;

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<MsnConfig>>> = {
  paper: {
    description: "ViT-S/16 on ImageNet-1K, batch 1024, 800 epochs (the authors' msn_vits16.yaml).",
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: {
      name: "adamw",
      learningRate: 1e-3,
      learningRateBatch: 0,
      minLearningRate: 1e-6,
      warmupEpochs: 15,
      warmupLearningRate: 2e-4,
      scheduleStretch: 1.25,
      weightDecay: 0.04,
      weightDecayEnd: 0.4,
      clipNorm: 3,
      groups,
    },
    imageSize: 224,
    batchSize: 1024,
    epochs: 800,
  },
  small: {
    description: "Images of 28-64 px on a CPU: few prototypes, four larger focal views of half the side, sharp views, a faster teacher.",
    model: { size: "pico", patchSize: 4 },
    method: {
      prototypes: 32,
      hiddenDim: 512,
      outputDim: 128,
      teacherMomentum: 0.97,
      focalViews: 4,
      focalSizeRatio: 0.5,
      focalScale: [0.2, 0.6],
      blur: false,
    },
    optimizer: { name: "adamw", learningRate: 2e-3, learningRateBatch: 0, warmupEpochs: 1, weightDecay: 0.04, clipNorm: 3, groups },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
