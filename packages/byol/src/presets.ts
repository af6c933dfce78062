import type { Preset } from "@ssl-vit/core";
import type { ByolConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<ByolConfig>>> = {
  paper: {
    description: "ImageNet-1K, batch 4096, 1000 epochs with LARS (the authors' recipe, theirs for a ResNet-50).",
    published: { result: "ImageNet-1K with a ResNet-50: about 74.4 % linear", source: "google-deepmind/deepmind-research, byol/README, ResNet-50 1x" },
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: { name: "lars", learningRate: 0.2, warmupEpochs: 10, weightDecay: 1.5e-6 },
    imageSize: 224,
    batchSize: 4096,
    epochs: 1000,
  },
  small: {
    description: "Images of 28-64 px on a CPU: narrow heads, larger and sharp views, a faster teacher, AdamW in place of LARS.",
    model: { size: "pico", patchSize: 4 },
    method: { hiddenDim: 512, outputDim: 128, teacherMomentum: 0.97, cropScale: [0.2, 1], blur: false },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
