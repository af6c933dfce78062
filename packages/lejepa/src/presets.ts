import type { Preset } from "@ssl-vit/core";
import type { LejepaConfig } from "./config.js";

/** Ready-made recipes. */
export const presets: Readonly<Record<"paper" | "small", Preset<LejepaConfig>>> = {
  paper: {
    description: "ViT-S/8 on Imagenette at 128 px, batch 256, 800 epochs (the authors' minimal example).",
    published: { result: "Imagenette: 90.7 % by a linear probe trained alongside", source: "rbalestr-lab/lejepa MINIMAL.md" },
    model: { size: "small", patchSize: 8, dropPathRate: 0.1 },
    method: {
      sigregWeight: 0.02,
      directions: 256,
      outputDim: 16,
      globalViews: 4,
      localViews: 0,
      globalScale: [0.08, 1],
      jitter: [0.8, 0.8, 0.8, 0.2],
    },
    optimizer: {
      name: "adamw",
      learningRate: 2e-3,
      learningRateBatch: 0,
      warmupEpochs: 1,
      warmupLearningRate: 2e-5,
      minLearningRate: 1e-3,
      weightDecay: 0.05,
      decayBiasAndNorm: true,
    },
    imageSize: 128,
    batchSize: 256,
    epochs: 800,
  },
  small: {
    description: "Images of 28-64 px on a CPU: sharp views, four local ones of half the side, a projector of 512, 256 directions.",
    model: { size: "pico", patchSize: 4 },
    method: {
      sigregWeight: 0.02,
      directions: 256,
      hiddenDim: 512,
      outputDim: 16,
      localViews: 4,
      localSizeRatio: 0.5,
      localScale: [0.1, 0.3],
      blur: false,
    },
    optimizer: { name: "adamw", learningRate: 2e-3, warmupEpochs: 1, weightDecay: 0.05 },
    imageSize: 32,
    batchSize: 128,
    epochs: 10,
  },
};
