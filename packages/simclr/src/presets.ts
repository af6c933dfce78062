import type { Preset } from "@ssl-vit/core";
import type { SimclrConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "cifar10" | "small", Preset<SimclrConfig>>> = {
  paper: {
    description: "ImageNet-1K, batch 4096, 100 epochs with LARS (the authors' command, theirs for a ResNet-50).",
    published: { result: "ImageNet-1K with a ResNet-50: about 64.5 % linear", source: "google-research/simclr README, Pretraining and linear eval" },
    model: { size: "small", patchSize: 16 },
    method: {},
    // --learning_rate=0.075 --learning_rate_scaling=sqrt: better for batches below 4096, their README says.
    optimizer: { name: "lars", learningRate: 0.075, learningRateBatch: 1, learningRateRule: "sqrt", warmupEpochs: 10, weightDecay: 1e-4 },
    imageSize: 224,
    batchSize: 4096,
    epochs: 100,
  },
  cifar10: {
    description: "CIFAR-10 at 32 px, batch 512, 1000 epochs with LARS (the authors' command, theirs for a ResNet-18).",
    published: { result: "CIFAR-10 with a ResNet-18: about 91 % linear", source: "google-research/simclr README, Pretraining and linear eval" },
    model: { size: "tiny", patchSize: 4 },
    method: { temperature: 0.5, jitterStrength: 0.5, blur: false },
    optimizer: { name: "lars", learningRate: 1, warmupEpochs: 10, weightDecay: 1e-4 },
    imageSize: 32,
    batchSize: 512,
    epochs: 1000,
  },
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
