import type { Preset } from "@ssl-vit/core";
import type { VicregConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<VicregConfig>>> = {
  paper: {
    description: "The authors' recipe for ImageNet-1K, batch 2048, 1000 epochs, with a ViT-S/16 in place of their ResNet-50.",
    published: { result: "ImageNet-1K with a ResNet-50: 73.2 % linear", source: "facebookresearch/vicreg README" },
    model: { size: "small", patchSize: 16 },
    method: {},
    optimizer: { name: "lars", learningRate: 0.2, minLearningRateShare: 0.001, warmupEpochs: 10, weightDecay: 1e-6 },
    imageSize: 224,
    batchSize: 2048,
    epochs: 1000,
  },
  small: {
    description: "Images of 28-64 px on a CPU: sharp views, an expander of 512, AdamW in place of LARS.",
    model: { size: "pico", patchSize: 4 },
    method: { hiddenDim: 512, outputDim: 512, blur: false, cropScale: [0.2, 1] },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
