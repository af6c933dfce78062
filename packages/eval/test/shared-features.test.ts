import { type Collective, singleProcess } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import { concat, dispose, keep, reshape, type Tensor } from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { datasetFeatures } from "../src/index.js";

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

/** What each of some processes brings to each of its calls. */
async function contributions(data: ImageDataset, size: number): Promise<Tensor[][]> {
  const calls: Tensor[][] = [];
  for (let rank = 0; rank < size; rank++) {
    let call = 0;
    const collective: Collective = {
      ...singleProcess,
      rank,
      size,
      allGather: (own) => {
        (calls[call++] ??= []).push(keep(own.clone()));
        return concat(Array.from({ length: size }, () => own));
      },
    };
    await datasetFeatures(undefined, data, { views, channels: 1, collective });
  }
  return calls;
}

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
  const calls = await contributions(data, size);
  for (let rank = 0; rank < size; rank++) {
    let call = 0;
    const collective: Collective = { ...singleProcess, rank, size, allGather: (own) => reshape(concat(calls[call++]!), [-1, ...own.shape.slice(1)]) as typeof own };
    expect(await datasetFeatures(undefined, data, { views, channels: 1, collective })).toEqual(alone);
  }
  dispose(calls.flat());
});
