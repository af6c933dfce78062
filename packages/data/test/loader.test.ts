import { join } from "node:path";
import { evaluationViews } from "@ssl-vit/augment";
import { ConfigError, type ViewGroup } from "@ssl-vit/core";
import { sharedPath } from "@ssl-vit/testing";
import { memory } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createLoader, type HostBatch, type ImageDataset, type LoaderOptions, openDataset } from "../src/index.js";
import { tarMembers } from "../src/tar-members.js";
import { collect, fingerprint, fingerprints, views } from "./collect-batches.js";
import { picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 24;
const files = await Promise.all(Array.from({ length: COUNT }, (_, index) => png(picture(index, 20 + (index % 3), 16))));
const name = (index: number): string => String(index).padStart(3, "0");
writeFiles(join(folder, "flat"), Object.fromEntries(files.map((file, index) => [`${name(index)}.png`, file])));
const dataset = await openDataset(join(folder, "flat"));

const options: LoaderOptions = { views, batchSize: 5, seed: 11 };

describe("createLoader", () => {
  it("makes the batches of its shape", async () => {
    const tensors = memory().numTensors;
    const loader = createLoader(dataset, options);
    expect(loader).toMatchObject({ stepsPerEpoch: 4, batchSize: 5 });
    const batches = await collect(loader.batches(0));
    expect(memory().numTensors).toBe(tensors);
    expect(batches.length).toBe(4);
    for (const batch of batches) {
      expect(batch.views.map(({ name: view, shape, data }) => [view, shape, data.length])).toEqual([
        ["global", [5, 16, 16, 3], 3840],
        ["global", [5, 16, 16, 3], 3840],
        ["local", [5, 8, 8, 3], 960],
      ]);
      expect(batch.labels).toEqual(new Int32Array(5).fill(-1));
    }
    const seen = batches.flatMap(({ indices }) => [...indices]);
    expect(new Set(seen).size).toBe(20);
  });

  it("takes another order and other draws each epoch and for each seed", async () => {
    const loader = createLoader(dataset, options);
    const [first, second] = [await collect(loader.batches(0)), await collect(loader.batches(1))];
    expect(first[0]!.indices).not.toEqual(second[0]!.indices);
    const plain = createLoader(dataset, { ...options, shuffle: false });
    const [epoch0, epoch1] = [await collect(plain.batches(0)), await collect(plain.batches(1))];
    expect(epoch0[0]!.indices).toEqual(Int32Array.of(0, 1, 2, 3, 4));
    expect(epoch0[0]!.views[0]!.data).not.toEqual(epoch1[0]!.views[0]!.data);
    expect(await fingerprints(createLoader(dataset, { ...options, seed: 12 }).batches(0))).not.toEqual(first.map(fingerprint));
  });

  it("goes over a subset only, with the bytes that its images have among all", async () => {
    const subset = Int32Array.of(3, 7, 20);
    const some = await collect(createLoader(dataset, { ...options, batchSize: 3, shuffle: false, subset }).batches(0));
    expect(some.map(({ indices }) => [...indices])).toEqual([[3, 7, 20]]);
    const all = await collect(createLoader(dataset, { ...options, batchSize: 24, shuffle: false }).batches(0));
    const size = 16 * 16 * 3;
    [...subset].forEach((index, row) => {
      expect(some[0]!.views[0]!.data.subarray(row * size, (row + 1) * size)).toEqual(all[0]!.views[0]!.data.subarray(index * size, (index + 1) * size));
    });
    const shuffled = await collect(createLoader(dataset, { ...options, batchSize: 3, subset }).batches(1));
    expect([...shuffled[0]!.indices].sort((a, b) => a - b)).toEqual([...subset]);
    expect(() => createLoader(dataset, { ...options, subset: Int32Array.of(0, 24) })).toThrow("subset: expected positions from 0 to 23, received 24.");
    expect(() => createLoader(dataset, { ...options, subset: new Int32Array() })).toThrow("subset: expected at least one position, received none.");
  });

  it("gives an image different views of one kind", async () => {
    const [batch] = await collect(createLoader(dataset, options).batches(0));
    expect(batch!.views[0]!.data).not.toEqual(batch!.views[1]!.data);
  });

  it("goes on in the middle of an epoch with the same bytes", async () => {
    const reads: number[] = [];
    const counted: ImageDataset = { ...dataset, read: (index) => (reads.push(index), dataset.read(index)) };
    const loader = createLoader(counted, options);
    const whole = await fingerprints(loader.batches(3));
    reads.length = 0;
    expect(await fingerprints(loader.batches(3, 2))).toEqual(whole.slice(2));
    expect(reads.length).toBe(10);
    expect(await fingerprints(loader.batches(3, 4))).toEqual([]);
  });

  it("keeps the last batch for evaluation, and one that is all of a small data set", async () => {
    const evaluation = { views: evaluationViews({ imageSize: 8 }), seed: 0, shuffle: false, dropLast: false };
    const loader = createLoader(dataset, { ...evaluation, batchSize: 10 });
    expect(loader.stepsPerEpoch).toBe(3);
    const batches = await collect(loader.batches(0));
    expect(batches.map(({ size }) => size)).toEqual([10, 10, 4]);
    expect(batches.flatMap(({ indices }) => [...indices])).toEqual(Array.from({ length: COUNT }, (_, index) => index));
    expect(batches[2]!.views[0]).toMatchObject({ name: "evaluation", shape: [4, 8, 8, 3] });
    expect((await collect(createLoader(dataset, { ...evaluation, batchSize: 100 }).batches(0))).map(({ size }) => size)).toEqual([COUNT]);
  });

  it("turns color into grey", async () => {
    const [batch] = await collect(createLoader(dataset, { ...options, channels: 1 }).batches(0));
    expect(batch!.views[0]).toMatchObject({ shape: [5, 16, 16, 1] });
    expect(batch!.views[0]!.data.length).toBe(5 * 256);
  });

  it.each([
    [{ batchSize: 25 }, /batchSize: expected at most 24, the number of images at .*flat, received 25\. There would be no full batch: give a smaller one/],
    [{ batchSize: 0 }, /batchSize: expected an integer above 0, received 0/],
    [{ workers: -1 }, /workers: expected an integer from 0 on, received -1/],
    [{ shuffle: null }, /shuffle: expected true, false or \{ buffer: an integer above 0 \}, received null/],
    [{ shuffle: { buffer: 0 } }, /shuffle: expected .*, received \{"buffer":0\}/],
    [{ seed: 0.5 }, /seed: expected an integer, received 0\.5/],
    [{ channels: 0 }, /channels: expected an integer above 0, received 0/],
    [{ channels: 2 }, /views\.normalize\.mean: expected 1 or 2 numbers, received \[0\.5,0\.4,0\.3\]\. ssl-vit data inspect PATH prints them/],
    [{ worker: 2 }, /createLoader: expected options .*, received worker\. Did you mean "workers"\?/],
    [{ views: { ...views, groups: [] } }, /views\.groups: expected at least one group/],
  ])("refuses %j", (wrong, message) => {
    const make = (): unknown => createLoader(dataset, { ...options, ...(wrong as Partial<LoaderOptions>) });
    expect(make).toThrow(message);
    expect(make).toThrow(ConfigError);
  });
});

describe("worker threads", () => {
  it("make the same bytes as the calling thread, whatever their number", async () => {
    const alone = createLoader(dataset, options);
    const expected = [await fingerprints(alone.batches(0)), await fingerprints(alone.batches(1, 1))];
    for (const workers of [1, 2, 4]) {
      const loader = createLoader(dataset, { ...options, workers });
      expect([await fingerprints(loader.batches(0)), await fingerprints(loader.batches(1, 1))]).toEqual(expected);
      await loader.close();
    }
  });

  it("cut two views of one crop, the second moved by whole pixels, whatever their number", async () => {
    const side = 16;
    const group = (name: string, maxShift: number): ViewGroup => ({
      name,
      count: 1,
      size: side,
      operations: [
        { kind: "randomResizedCrop", scale: [0.3, 1], size: side + 3, shared: true },
        { kind: "horizontalFlip", probability: 0.5, shared: true },
        { kind: "shiftedCrop", maxShift },
      ],
    });
    const shifted: LoaderOptions = { ...options, views: { groups: [group("masked", 0), group("target", 3)], normalize: views.normalize } };
    const [batch] = await collect(createLoader(dataset, shifted).batches(0));
    const [still, moved] = batch!.views.map(({ data }) => data) as [Float32Array, Float32Array];
    const isMovedBy = (image: number, left: number, top: number): boolean => {
      const at = (data: Float32Array, y: number, x: number, channel: number): number => data[((image * side + y) * side + x) * 3 + channel]!;
      const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
      return range(side - top).every((y) => range(side - left).every((x) => range(3).every((channel) => at(moved, y, x, channel) === at(still, y + top, x + left, channel))));
    };
    const shifts = Array.from({ length: batch!.size }, (_, image) =>
      [0, 1, 2, 3].flatMap((left) => [0, 1, 2, 3].map((top) => [left, top] as const)).filter(([left, top]) => isMovedBy(image, left, top)),
    );
    expect(shifts.map(({ length }) => length)).toEqual(new Array<number>(batch!.size).fill(1));
    expect(new Set(shifts.flat().map(String)).size).toBeGreaterThan(1);

    const expected = await fingerprints(createLoader(dataset, shifted).batches(0));
    for (const workers of [1, 3]) {
      const loader = createLoader(dataset, { ...shifted, workers });
      expect(await fingerprints(loader.batches(0))).toEqual(expected);
      await loader.close();
    }
  });

  it("serve two loops at a time", async () => {
    const loader = createLoader(dataset, { ...options, workers: 2 });
    const both = await Promise.all([fingerprints(loader.batches(0)), fingerprints(loader.batches(0))]);
    expect(both[0]).toEqual(both[1]);
    await loader.close();
  });

  it("stop when a loop is left early, and serve the next one", async () => {
    const loader = createLoader(dataset, { ...options, batchSize: 2, workers: 1 });
    for await (const batch of loader.batches(0)) {
      expect(batch.size).toBe(2);
      break;
    }
    expect((await collect(loader.batches(1))).length).toBe(12);
    await loader.close();
  });

  it.each([0, 1])("end a waiting loop with an error when the loader is closed (%i threads)", async (workers) => {
    const loader = createLoader(dataset, { ...options, batchSize: 1, workers });
    const iterator = loader.batches(0)[Symbol.asyncIterator]();
    await iterator.next();
    const rest = (async () => {
      while ((await iterator.next()).done !== true);
    })();
    await Promise.all([expect(rest).rejects.toThrow(/closed|Terminating/), loader.close()]);
    await expect(collect(loader.batches(0))).rejects.toThrow("[@ssl-vit/data] batches: expected an open loader, received a closed one.");
  });

  it.each([[0, -1, "fromStep: expected an integer from 0 on, received -1"], [0, 1.5, "fromStep: expected an integer from 0 on, received 1.5"], [0.5, 0, "epoch: expected an integer, received 0.5"]])("refuses batches(%s, %s)", async (epoch, step, message) => {
    await expect(collect(createLoader(dataset, options).batches(epoch, step))).rejects.toThrow(message);
  });

  it("hand over their errors", async () => {
    const impossible: LoaderOptions = { ...options, views: { ...views, groups: [{ name: "global", count: 1, size: 16, operations: [] }] } };
    const messages = await Promise.all(
      [0, 1].map(async (workers) => {
        const loader = createLoader(dataset, { ...impossible, workers });
        const message = await collect(loader.batches(0)).catch((error: unknown) => (error as Error).message);
        await loader.close();
        return message;
      }),
    );
    expect(messages[0]).toMatch(/views "global": expected images of 16 x 16 pixels after the operations/);
    expect(messages[1]).toMatch(/views "global": expected images of 16 x 16 pixels after the operations/);
  });

  it("cannot open somebody else's data set", () => {
    const own: ImageDataset = { ...dataset, kind: "mine", descriptor: { kind: "mine" } };
    expect(() => createLoader(own, { ...options, workers: 1 })).toThrow(/workers: expected 0 for a data set of kind "mine", which worker threads cannot open, received 1/);
  });
});

describe("the same images", () => {
  it("give the same batches from shards and from a folder", async () => {
    const tar = tarFile(files.map((file, index) => [`${name(index)}.png`, file] as const));
    writeFiles(folder, { "all.tar": tar });
    const shards = await openDataset(join(folder, "all.tar"));
    const loader = createLoader(shards, { ...options, workers: 1 });
    expect(await fingerprints(loader.batches(0))).toEqual(await fingerprints(createLoader(dataset, options).batches(0)));
    await Promise.all([loader.close(), shards.close()]);
  });

  const cifar10 = sharedPath("data/cifar10/cifar10-test-000000.tar");
  it.skipIf(cifar10 === undefined)("give the same pixels from CIFAR-10's shards, class folders and a flat folder", async () => {
    const images = 40;
    const original = await openDataset(cifar10!);
    const contents = new Map<string, Buffer>();
    for await (const member of tarMembers(cifar10!)) {
      if (member.name.endsWith(".jpg")) contents.set(member.name, Buffer.from(await member.content()));
      if (contents.size === images) break;
    }
    for (let index = 0; index < images; index++) {
      const key = `${original.keyOf(index)}.jpg`;
      writeFiles(join(folder, "cifar"), { [`flat/${key}`]: contents.get(key)!, [`classes/${original.labelOf(index)}/${key}`]: contents.get(key)! });
    }
    const evaluation = { views: evaluationViews({ imageSize: 24 }), batchSize: images, seed: 0, shuffle: false };
    const byKey = async (location: string): Promise<Map<string, string>> => {
      const opened = await openDataset(location);
      const loader = createLoader(opened, evaluation);
      const { value } = (await loader.batches(0)[Symbol.asyncIterator]().next()) as { value: HostBatch };
      const length = 24 * 24 * 3;
      const pixelsOf = (place: number): string => Buffer.from(value.views[0]!.data.slice(place * length, (place + 1) * length).buffer).toString("base64");
      await opened.close();
      return new Map(Array.from(value.indices, (index, place) => [opened.keyOf(index).replace(/^.*\/|\.jpg$/g, ""), pixelsOf(place)]));
    };
    const expected = await byKey(cifar10!);
    for (const layout of ["flat", "classes"]) {
      const found = await byKey(join(folder, "cifar", layout));
      expect(found.size).toBe(images);
      for (const [key, pixels] of found) expect(expected.get(key)).toBe(pixels);
    }
    await original.close();
  });
});
