import type { Preset } from "@ssl-vit/core";
import type { MyMethodConfig } from "./config.js";

/** Ready-made recipes. `published` beside `description` holds the authors' result and where they report it. */
export const presets: Readonly<Record<"paper" | "small", Preset<MyMethodConfig>>> = {
  paper: {
    description: "ImageNet-1K with a ViT-S/16, batch 1024, 300 epochs with AdamW: a start, until the paper's own numbers are here.",
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: { name: "adamw", learningRate: 1.5e-4, warmupEpochs: 40, weightDecay: 0.1 },
    imageSize: 224,
    batchSize: 1024,
    epochs: 300,
  },
  small: {
    description: "Images of 28-64 px on a CPU: sharp views, a projector of 512.",
    model: { size: "pico", patchSize: 4 },
    method: { temperature: 0.5, hiddenDim: 512, blur: false },
    optimizer: { name: "adamw", learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
