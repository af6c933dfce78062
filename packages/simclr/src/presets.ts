import type { Preset } from "@ssl-vit/core";
import type { SimclrConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"small", Preset<SimclrConfig>>> = {
  small: {
    description: "Images of 28-64 px on a CPU: the authors' CIFAR-10 views and temperature, AdamW in place of LARS.",
    model: { size: "pico", patchSize: 4 },
    method: { temperature: 0.5, jitterStrength: 0.5, blur: false, hiddenDim: 512 },
    optimizer: { name: "adamw", learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
