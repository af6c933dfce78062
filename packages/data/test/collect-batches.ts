import { createHash } from "node:crypto";
import type { ViewPolicy } from "@ssl-vit/core";
import type { HostBatch } from "../src/index.js";

/** Two views of two sizes with everything that is random. */
export const views: ViewPolicy = {
  groups: [
    {
      name: "global",
      count: 2,
      size: 16,
      operations: [
        { kind: "randomResizedCrop", scale: [0.3, 1] },
        { kind: "horizontalFlip", probability: 0.5 },
        { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
        { kind: "grayscale", probability: 0.2 },
        { kind: "gaussianBlur", sigma: [0.1, 2], probability: 0.5 },
        { kind: "solarize", probability: 0.2 },
      ],
    },
    { name: "local", count: 1, size: 8, operations: [{ kind: "randomResizedCrop", scale: [0.05, 0.3] }] },
  ],
  normalize: { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.3] },
};

export async function collect(batches: AsyncIterable<HostBatch>): Promise<HostBatch[]> {
  const collected: HostBatch[] = [];
  for await (const batch of batches) collected.push(batch);
  return collected;
}

/** One line a batch that changes with any byte of it. */
export function fingerprint({ size, indices, labels, views: made }: HostBatch): string {
  const hash = createHash("sha256").update(indices).update(labels);
  for (const { name, shape, data } of made) hash.update(`${name} ${shape.join(" ")}`).update(data);
  return `${size} ${hash.digest("hex")}`;
}

export const fingerprints = async (batches: AsyncIterable<HostBatch>): Promise<string[]> => (await collect(batches)).map(fingerprint);
