import type { Preset } from "@ssl-vit/core";
import type { IbotConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<IbotConfig>>> = {
  paper: {
    description: "ViT-S/16 on ImageNet-1K, batch 1024, 800 epochs, block-wise masks.",
    published: { result: "ImageNet-1K: 75.2 % k-NN, 77.9 % linear, 82.3 % fine-tuned", source: "bytedance/ibot README.md, ViT-S/16" },
    model: { size: "small", patchSize: 16, dropPathRate: 0.1 },
    method: {},
    optimizer: { name: "adamw", learningRate: 5e-4, minLearningRate: 1e-6, warmupEpochs: 10, weightDecay: 0.04, weightDecayEnd: 0.4, clipNorm: 3, clipMode: "per-tensor" },
    imageSize: 224,
    batchSize: 1024,
    epochs: 800,
  },
  small: {
    description: "Images of 28-64 px on a CPU: 256 prototypes, a narrow head, larger views, two local ones of half the side, a faster teacher.",
    model: { size: "pico", patchSize: 4 },
    method: {
      prototypes: 256,
      hiddenDim: 256,
      bottleneckDim: 64,
      teacherTemperature: 0.04,
      patchTeacherTemperature: 0.04,
      teacherMomentum: 0.99,
      localViews: 2,
      localSizeRatio: 0.5,
      globalScale: [0.4, 1],
      localScale: [0.15, 0.5],
    },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.04, clipNorm: 3, clipMode: "per-tensor" },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
