import type { Preset } from "@ssl-vit/core";
import type { SimmimConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<SimmimConfig>>> = {
  paper: {
    description: "ViT-B/16 on ImageNet-1K, batch 2048, 800 epochs.",
    published: { result: "ImageNet-1K: 83.8 % fine-tuned", source: "microsoft/SimMIM README, ViT-Base, 800 epochs" },
    model: { size: "base", patchSize: 16, layerScale: 0.1, dropPathRate: 0.1 },
    method: {},
    optimizer: {
      name: "adamw",
      learningRate: 1e-4,
      learningRateBatch: 512,
      learningRateSchedule: "step",
      learningRateSteps: [700],
      warmupEpochs: 10,
      // 5e-7 for 512 images.
      warmupLearningRate: 2e-6,
      weightDecay: 0.05,
      clipNorm: 5,
      // `no_weight_decay` of models/vision_transformer.py; the mask token is decayed.
      groups: [
        { match: "encoder.cls_token", weightDecayFactor: 0 },
        { match: "encoder.pos_embed", weightDecayFactor: 0 },
      ],
    },
    imageSize: 224,
    batchSize: 2048,
    epochs: 800,
  },
  small: {
    description: "Images of 28-64 px on a CPU: single patches masked, fixed positions, a far higher learning rate.",
    model: { size: "pico", patchSize: 4, positionEmbedding: "sincos2d", initialization: "mae" },
    method: { maskUnit: 1 },
    optimizer: { name: "adamw", learningRate: 1.6e-2, warmupEpochs: 1, weightDecay: 0.05, clipNorm: 5 },
    imageSize: 32,
    batchSize: 64,
    epochs: 10,
  },
};
