import type { Preset } from "@ssl-vit/core";
import type { Data2vecConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<Data2vecConfig>>> = {
  paper: {
    description: "ViT-B/16 on ImageNet-1K, batch 2048, 800 epochs.",
    published: { result: "ImageNet-1K: 84.2 % fine-tuned", source: "arXiv 2202.03555, Table 1, ViT-B" },
    model: { size: "base", patchSize: 16, layerScale: 1e-4, dropPathRate: 0.25 },
    method: {},
    optimizer: {
      name: "adamw",
      // As given, whatever the batch.
      learningRate: 2e-3,
      learningRateBatch: 0,
      minLearningRate: 1e-5,
      warmupEpochs: 10,
      weightDecay: 0.05,
      clipNorm: 3,
      // `no_weight_decay` of modeling_cyclical.py; the mask token is decayed.
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
    description: "Images of 28-64 px on a CPU: fixed positions, larger crops without jitter, a far faster teacher, a higher learning rate.",
    model: { size: "pico", patchSize: 4, positionEmbedding: "sincos2d", initialization: "mae" },
    method: { teacherMomentum: 0.95, cropScale: [0.2, 1], colorJitter: 0 },
    optimizer: { name: "adamw", learningRate: 1.2e-2, warmupEpochs: 1, weightDecay: 0.05, clipNorm: 3 },
    imageSize: 32,
    batchSize: 64,
    epochs: 10,
  },
};
