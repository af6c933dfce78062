import type { ImageDataset } from "@ssl-vit/data";
import { expect, it } from "vitest";
import { datasetFeatures } from "../src/index.js";
import { onProcesses } from "./on-processes.js";

/** Grey images of 2 × 2 pixels of one value, their number. */
const numbers = (broken: number): ImageDataset => ({
  location: "numbers",
  kind: "memory",
  length: 7,
  keyOf: String,
  labelOf: (index) => index % 2,
  read: (index) => (index === broken ? Promise.reject(new Error("broken")) : Promise.resolve({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(index) })),
  descriptor: { kind: "memory" },
  close: () => Promise.resolve(),
});
const views = { groups: [{ name: "evaluation", count: 1, size: 2, operations: [] }], normalize: { mean: [0], std: [1] } };

it.each([
  [2, 4],
  [3, 4],
  [5, 4],
  // More processes than images; a part of one image must not be broken.
  [9, -1],
])("%i processes that share the images out have the features of one", async (size, broken) => {
  const data = numbers(broken);
  const alone = await datasetFeatures(undefined, data, { views, channels: 1 });
  expect(alone.keys).toEqual(["0", "1", "2", "3", "4", "5", "6"].filter((key) => key !== String(broken)));
  for (const shared of await onProcesses(size, (collective) => datasetFeatures(undefined, data, { views, channels: 1, collective }))) expect(shared).toEqual(alone);
});
