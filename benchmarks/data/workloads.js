import { cropAndColor, dinoViews, jitterOf } from "@ssl-vit/augment";
import { imagenetNormalization } from "@ssl-vit/core";

/**
 * What a loader makes: views of images, so many to a batch.
 *
 * @typedef {object} Workload
 * @property {"shards" | "pictures"} images
 * @property {import("@ssl-vit/core").ViewPolicy} policy the method's published one; the peer's transforms are made of it as well
 * @property {number} batchSize
 * @property {number} warmup batches before those that count
 * @property {number} batches that count
 */

/** @typedef {"simclr" | "dino"} WorkloadName */

/** @type {Readonly<Record<WorkloadName, Workload>>} */
export const workloads = {
  simclr: {
    images: "shards",
    policy: {
      groups: [{ name: "global", count: 2, size: 32, operations: cropAndColor({ scale: [0.08, 1], interpolation: "bicubic", jitter: jitterOf(1), blur: 0.5 }) }],
      normalize: imagenetNormalization,
    },
    batchSize: 256,
    warmup: 8,
    batches: 40,
  },
  dino: {
    images: "pictures",
    policy: dinoViews({ globalSize: 224, localSize: 96, localViews: 8, globalScale: [0.4, 1], localScale: [0.05, 0.4] }),
    batchSize: 16,
    warmup: 8,
    batches: 24,
  },
};

export const workloadNames = /** @type {WorkloadName[]} */ (Object.keys(workloads));
