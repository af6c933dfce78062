import type { Preset } from "@ssl-vit/core";
import type { SimsiamConfig } from "./config.js";

/** The predictor's rate does not fall (`--fix-pred-lr`). */
const groups = [{ match: "predictor.", constantLearningRate: true }];

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<SimsiamConfig>>> = {
  paper: {
    description: "ImageNet-1K, batch 512, 100 epochs with SGD (the authors' command, theirs for a ResNet-50).",
    published: { result: "ImageNet-1K with a ResNet-50: 68.1 % linear", source: "facebookresearch/simsiam README, 100 epochs, batch 512" },
    model: { size: "small", patchSize: 16 },
    method: {},
    // torch.optim.SGD of all parameters decays biases and norms too.
    optimizer: { name: "sgd", learningRate: 0.05, weightDecay: 1e-4, decayBiasAndNorm: true, groups },
    imageSize: 224,
    batchSize: 512,
    epochs: 100,
  },
  small: {
    description: "Images of 28-64 px on a CPU: narrow heads, sharp views, AdamW in place of SGD.",
    model: { size: "pico", patchSize: 4 },
    method: { hiddenDim: 512, outputDim: 512, predictorDim: 128, blur: false },
    optimizer: { name: "adamw", learningRate: 1e-3, warmupEpochs: 1, weightDecay: 0.05, groups },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
