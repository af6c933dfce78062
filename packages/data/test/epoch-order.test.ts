import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { evaluationViews } from "@ssl-vit/augment";
import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { createLoader, type ImageDataset, type LoaderOptions, openDataset } from "../src/index.js";
import { epochOrder } from "../src/epoch-order.js";
import { collect, fingerprints, views } from "./collect-batches.js";
import { picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder } from "./temporary-folder.js";

const RUN = 100;
const RUNS = 10;
const BUFFER = 60;
const LENGTH = RUN * RUNS;

/** Images of which only the places matter. */
const stored = (length: number, runs?: readonly number[]): ImageDataset => ({
  location: "here",
  kind: "mine",
  length,
  keyOf: String,
  labelOf: () => -1,
  read: () => Promise.reject(new Error("not read")),
  ...(runs === undefined ? {} : { runs: Int32Array.from(runs) }),
  descriptor: { kind: "mine" },
  close: () => Promise.resolve(),
});

const starts = Array.from({ length: RUNS }, (_, run) => run * RUN);
const dataset = stored(LENGTH, starts);
const sorted = (order: Int32Array): Int32Array => order.slice().sort();
const whole = Int32Array.from({ length: LENGTH }, (_, index) => index);

/** Where each image lies when the runs are put one after the other; their order shows in the mean step of their images. */
function placesInStream(order: Int32Array): Int32Array {
  const means = new Float64Array(RUNS);
  order.forEach((index, step) => {
    means[Math.floor(index / RUN)]! += step / RUN;
  });
  const runOrder = Array.from({ length: RUNS }, (_, run) => run).sort((a, b) => means[a]! - means[b]!);
  return order.map((index) => runOrder.indexOf(Math.floor(index / RUN)) * RUN + (index % RUN));
}

describe("the order through a buffer", () => {
  const orderOf = epochOrder(dataset, { shuffle: { buffer: BUFFER }, seed: 3 });

  it("is a permutation that follows from seed and epoch alone", () => {
    for (const epoch of [0, 1, 7]) expect(sorted(orderOf(epoch))).toEqual(whole);
    expect(orderOf(4)).toEqual(epochOrder(dataset, { shuffle: { buffer: BUFFER }, seed: 3 })(4));
    expect(orderOf(0)).not.toEqual(orderOf(1));
    expect(orderOf(0)).not.toEqual(epochOrder(dataset, { shuffle: { buffer: BUFFER }, seed: 4 })(0));
  });

  it("moves no image as far as the buffer is long, and a batch's images lie within two fillings", () => {
    for (let epoch = 0; epoch < 20; epoch++) {
      const places = placesInStream(orderOf(epoch));
      expect(places.every((place, step) => Math.abs(place - step) < BUFFER)).toBe(true);
      for (let step = 0; step + 16 <= LENGTH; step += 16) {
        const batch = places.subarray(step, step + 16);
        expect(Math.max(...batch) - Math.min(...batch)).toBeLessThan(2 * BUFFER);
      }
    }
  });

  it("has the runs, and the images in the buffer, in any order equally often", () => {
    const epochs = 2000;
    const firstRuns = new Float64Array(RUNS);
    // Of the second filling, which is whole: where the first image that comes out lay in it.
    const firstOut = new Float64Array(BUFFER);
    let aheadOfNext = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = orderOf(epoch);
      const places = placesInStream(order);
      firstRuns[Math.floor(order[LENGTH - 1]! / RUN)]!++;
      const end = 1 + Math.floor(createRandom(3).derive("order", epoch, "first").uniform() * BUFFER);
      firstOut[places[end]! - end]!++;
      if (places[end]! < places[end + 1]!) aheadOfNext++;
    }
    // χ² with 9 and 59 degrees of freedom stays below these values but for one in 100,000 seeds.
    const chiSquare = (counts: Float64Array): number => counts.reduce((sum, count) => sum + (count - epochs / counts.length) ** 2 / (epochs / counts.length), 0);
    expect(chiSquare(firstRuns)).toBeLessThan(39.3);
    expect(chiSquare(firstOut)).toBeLessThan(117);
    // Half of the pairs, within 4.4 standard deviations: as seldom.
    expect(Math.abs(aheadOfNext / epochs - 0.5)).toBeLessThan((4.4 * 0.5) / Math.sqrt(epochs));
  });

  it("shuffles everything when the buffer holds everything, and a data set without runs", () => {
    const counts = new Float64Array(5);
    const small = epochOrder(stored(5, [0, 2]), { shuffle: { buffer: 5 }, seed: 0 });
    for (let epoch = 0; epoch < 2000; epoch++) counts[small(epoch)[0]!]!++;
    // χ² with 4 degrees of freedom, one in 100,000.
    expect(counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0)).toBeLessThan(28.5);
    expect(epochOrder(stored(50), { shuffle: { buffer: 5 }, seed: 1 })(2)).toEqual(epochOrder(stored(50), { shuffle: true, seed: 1 })(2));
  });

  it("is the runs' order with a buffer of one image", () => {
    const order = epochOrder(dataset, { shuffle: { buffer: 1 }, seed: 5 })(0);
    expect(order.filter((_, step) => step % RUN === 0).map((index) => index % RUN)).toEqual(new Int32Array(RUNS));
    expect(order.every((index, step) => step % RUN === 0 || index === order[step - 1]! + 1)).toBe(true);
    expect(sorted(order)).toEqual(whole);
  });

  it("goes over a subset, in stored order whatever order it is given in", () => {
    const subset = Int32Array.of(905, 3, 410, 4, 402, 7);
    const order = epochOrder(dataset, { shuffle: { buffer: 1 }, seed: 5, subset })(1);
    expect(sorted(order)).toEqual(subset.slice().sort());
    expect(order.filter((index) => index < 100)).toEqual(Int32Array.of(3, 4, 7));
    expect(Math.abs(order.indexOf(410) - order.indexOf(402))).toBe(1);
    expect(sorted(epochOrder(dataset, { shuffle: { buffer: 4 }, seed: 5, subset })(1))).toEqual(subset.slice().sort());
  });
});

describe("createLoader", async () => {
  const folder = temporaryFolder();
  const COUNT = 30;
  const files = await Promise.all(Array.from({ length: COUNT }, (_, index) => png(picture(index))));
  const name = (index: number): string => String(index).padStart(3, "0");
  for (const shard of [0, 1, 2]) {
    const members = files.slice(shard * 10, shard * 10 + 10).map((file, index) => [`${name(shard * 10 + index)}.png`, file] as const);
    writeFileSync(join(folder, `part-${shard}.tar`), tarFile(members));
  }
  const shards = await openDataset(folder);
  const options: LoaderOptions = { views, batchSize: 4, seed: 1, shuffle: { buffer: 6 } };

  it("takes shards through a buffer, from any step on, with any number of threads", async () => {
    expect(shards.runs).toEqual(Int32Array.of(0, 10, 20));
    const alone = createLoader(shards, options);
    const expected = await fingerprints(alone.batches(2));
    expect(expected.length).toBe(7);
    expect(await fingerprints(alone.batches(2, 3))).toEqual(expected.slice(3));
    const loader = createLoader(shards, { ...options, workers: 2 });
    expect(await fingerprints(loader.batches(2))).toEqual(expected);
    expect(await fingerprints(loader.batches(2, 5))).toEqual(expected.slice(5));
    await loader.close();
  });

  it("reads the images of a batch in the order of the disk", async () => {
    const reads: number[] = [];
    const told: ImageDataset = { ...shards, read: (index) => (reads.push(index), shards.read(index)) };
    const [batch] = await collect(createLoader(told, { ...options, batchSize: 30 }).batches(0));
    expect(reads).toEqual(Array.from({ length: COUNT }, (_, index) => index));
    expect([...batch!.indices]).not.toEqual(reads);
  });

  it.each<[string, Partial<LoaderOptions>]>([
    ["in random order", { shuffle: true }],
    ["through a buffer", { shuffle: { buffer: 6 } }],
    ["with a last batch that is not full", { shuffle: true, dropLast: false }],
  ])("gives ranks the rows of one process's batches, %s", async (_, some) => {
    const one = createLoader(shards, { ...options, ...some, batchSize: 8 });
    const two = [0, 1].map((rank) => createLoader(shards, { ...options, ...some, rank, ranks: 2 }));
    expect(two.map(({ stepsPerEpoch, batchSize }) => [stepsPerEpoch, batchSize])).toEqual([0, 1].map(() => [one.stepsPerEpoch, 4]));
    const [together, first, second] = await Promise.all([one, ...two].map((loader) => collect(loader.batches(1))));
    expect(together!.length).toBe(some.dropLast === false ? 4 : 3);
    for (const [step, batch] of together!.entries()) {
      const parts = [first![step]!, second![step]!];
      expect(parts.flatMap(({ indices }) => [...indices])).toEqual([...batch.indices]);
      for (const [view, { data }] of batch.views.entries()) expect(parts.flatMap(({ views: made }) => [...made[view]!.data])).toEqual([...data]);
      expect(parts.map(({ size }) => size)).toEqual(batch.size === 8 ? [4, 4] : [4, 2]);
    }
  });

  it("gives a rank an empty batch where the last one does not reach it", async () => {
    const evaluation = { views: evaluationViews({ imageSize: 8 }), seed: 0, shuffle: false, dropLast: false, batchSize: 10, ranks: 4 };
    const sizes = await Promise.all([0, 1, 2, 3].map(async (rank) => (await collect(createLoader(shards, { ...evaluation, rank }).batches(0))).map(({ size }) => size)));
    expect(sizes).toEqual([[10], [10], [10], [0]]);
  });

  it.each<[Partial<LoaderOptions>, RegExp]>([
    [{ shuffle: { buffer: 0 } }, /shuffle: expected true, false or \{ buffer: an integer above 0 \}, received \{"buffer":0\}/],
    [{ shuffle: "buffer" as unknown as boolean }, /shuffle: expected true, false or .*, received "buffer"/],
    [{ rank: 2, ranks: 2 }, /rank: expected an integer from 0 to 1, received 2/],
    [{ rank: 1 }, /rank: expected an integer from 0 to 0, received 1/],
    [{ ranks: 0 }, /ranks: expected an integer above 0, received 0/],
    [{ batchSize: 16, ranks: 2 }, /batchSize: expected at most 15 for each of 2 ranks, together 30, the number of images at .*, received 16\. There would be no full batch/],
  ])("refuses %j", (wrong, message) => {
    expect(() => createLoader(shards, { ...options, ...wrong })).toThrow(message);
  });
});
