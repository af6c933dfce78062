import type { Preset } from "@ssl-vit/core";
import type { MaeConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<MaeConfig>>> = {
  paper: {
    description: "ViT-B/16 on ImageNet-1K, batch 4096, 1600 epochs.",
    published: { result: "ImageNet-1K: 67.8 % linear, 83.6 % fine-tuned", source: "facebookresearch/mae PRETRAIN.md, FINETUNE.md, ViT-B" },
    model: { size: "base", patchSize: 16, positionEmbedding: "sincos2d", initialization: "mae" },
    method: {},
    optimizer: { name: "adamw", learningRate: 1.5e-4, warmupEpochs: 40, weightDecay: 0.05, betas: [0.9, 0.95] },
    imageSize: 224,
    batchSize: 4096,
    epochs: 1600,
  },
  small: {
    description: "Images of 28-64 px on a CPU: a decoder of two narrow blocks.",
    model: { size: "pico", patchSize: 4, positionEmbedding: "sincos2d", initialization: "mae" },
    method: { decoderDim: 128, decoderDepth: 2, decoderHeads: 4 },
    optimizer: { name: "adamw", learningRate: 1.5e-3, warmupEpochs: 1, weightDecay: 0.05, betas: [0.9, 0.95] },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
