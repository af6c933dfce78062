import type { Preset } from "@ssl-vit/core";
import type { MocoConfig } from "./config.js";

/** Fixed positions, and queries, keys and values started as matrices of their own (`vits.py`). */
const encoder = { positionEmbedding: "sincos2d", initialization: "moco" } as const;

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<MocoConfig>>> = {
  paper: {
    description: "ViT-S/16 on ImageNet-1K, batch 4096, 300 epochs.",
    published: { result: "ImageNet-1K: 73.2 % linear, 81.4 % fine-tuned", source: "facebookresearch/moco-v3 README, ViT-Small, batch 4096" },
    // The authors' ViT-S has 12 heads; DeiT's, which the size is named after, has 6.
    model: { size: "small", patchSize: 16, numHeads: 12, ...encoder },
    method: {},
    optimizer: { name: "adamw", learningRate: 1.5e-4, warmupEpochs: 40, weightDecay: 0.1, decayBiasAndNorm: true },
    imageSize: 224,
    batchSize: 4096,
    epochs: 300,
  },
  small: {
    description: "Images of 28-64 px on a CPU: narrow heads, larger and sharp views, a trained patch embedding, a rate for small batches.",
    model: { size: "pico", patchSize: 4, ...encoder },
    method: { hiddenDim: 512, outputDim: 128, freezePatchEmbedding: false, cropScale: [0.2, 1], blur: false },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.1, decayBiasAndNorm: true },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
