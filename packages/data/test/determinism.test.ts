import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cropAndColor, dinoViews, evaluationViews, jitterOf } from "@ssl-vit/augment";
import { imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { createLoader, type Loader, openDataset } from "../src/index.js";
import { fingerprints } from "./collect-batches.js";
import { jpeg, picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 13;
const SIZE = 16;
// Sizes on both sides of the short cut for small JPEG files.
const files = await Promise.all(
  Array.from({ length: COUNT }, async (_, index) => [`${String(index).padStart(2, "0")}.${index % 2 === 0 ? "png" : "jpg"}`, await (index % 2 === 0 ? png(picture(index)) : jpeg(index === 5 ? picture(index, 300, 260) : picture(index)))] as const),
);
const inFolder = (name: string, classOf: (index: number) => string): string => {
  writeFiles(join(folder, name), Object.fromEntries(files.map(([file, bytes], index) => [`${classOf(index)}${file}`, bytes])));
  return join(folder, name);
};
/** An IDX file of bytes. */
const idx = (shape: readonly number[], value: (place: number) => number): Buffer => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  shape.forEach((size, axis) => header.writeUInt32BE(size, 4 + 4 * axis));
  return Buffer.concat([header, Uint8Array.from({ length: shape.reduce((product, size) => product * size) }, (_, place) => value(place))]);
};
writeFiles(join(folder, "mnist"), { "train-images-idx3-ubyte": idx([COUNT, 20, 20], (place) => (place * place) % 251), "train-labels-idx1-ubyte": idx([COUNT], (place) => place % 10) });
inFolder("listed", () => "");
writeFileSync(join(folder, "photos.txt"), files.map(([file], index) => `listed/${file}\t${index % 3}`).reverse().join("\n"));
writeFiles(join(folder, "shards"), Object.fromEntries([0, 1, 2].map((shard) => [`${shard}.tar`, tarFile(files.filter((_, index) => index % 3 === shard))])));

const readers: readonly (readonly [name: string, location: string])[] = [
  ["class folders", inFolder("classes", (index) => `class ${index % 3}/`)],
  ["a flat folder", inFolder("flat", () => "")],
  ["a list", join(folder, "photos.txt")],
  ["shards", join(folder, "shards")],
  ["IDX files", join(folder, "mnist")],
];

const crop = { kind: "randomResizedCrop", scale: [0.2, 1], interpolation: "bicubic" } as const satisfies ImageOperation;
const flip = { kind: "horizontalFlip", probability: 0.5 } as const satisfies ImageOperation;
const jitter: ImageOperation = { kind: "colorJitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 };
const shared = (maxShift: number): ImageOperation[] => [{ ...crop, size: SIZE + 3, shared: true }, { ...flip, shared: true }, { kind: "shiftedCrop", maxShift }];
const group = (name: string, count: number, operations: readonly ImageOperation[]): ViewPolicy["groups"][number] => ({ name, count, size: SIZE, operations });

/** As the methods have them, at 16 pixels. */
const policies: Readonly<Record<string, ViewPolicy>> = {
  SimCLR: { groups: [group("global", 2, cropAndColor({ scale: [0.08, 1], interpolation: "bicubic", jitter: jitterOf(1), blur: 0.5 }))], normalize: imagenetNormalization },
  DINO: dinoViews({ globalSize: SIZE, localSize: 8, localViews: 3, globalScale: [0.4, 1], localScale: [0.05, 0.4] }),
  MAE: { groups: [group("global", 1, [crop, flip])], normalize: imagenetNormalization },
  CMAE: { groups: [group("masked", 1, shared(0)), group("target", 1, [...shared(2), jitter])], normalize: imagenetNormalization },
  evaluation: evaluationViews({ imageSize: SIZE }),
};

/** Whole epochs, and some taken up in the middle. */
const starts: readonly (readonly [epoch: number, step: number])[] = [
  [0, 0],
  [3, 0],
  [3, 2],
  [1_000_000, 1],
];

async function printsOf(loader: Loader): Promise<string[][]> {
  const prints = [];
  for (const [epoch, step] of starts) prints.push(await fingerprints(loader.batches(epoch, step)));
  return prints;
}

/** Numbers of threads for a reader and a policy: all of them for one policy of each reader and one reader of each policy, two for every pair. */
const threadsFor = (reader: number, policy: number): readonly number[] => (reader === policy ? [1, 2, 4] : [2]);

describe.each(readers.map(([name, location], reader) => ({ name, location, reader })))("batches from $name are the same bytes", ({ location, reader }) => {
  it.each(Object.keys(policies).map((name, policy) => ({ name, threads: threadsFor(reader, policy) })))("from 0 and $threads threads, any epoch and any step: $name", async ({ name, threads }) => {
    const dataset = await openDataset(location);
    const isEvaluation = name === "evaluation";
    const order = isEvaluation ? { shuffle: false, dropLast: false } : { shuffle: name === "MAE" ? { buffer: 4 } : true };
    const options = { ...order, views: policies[name]!, batchSize: 4, seed: 9 };
    const expected = await printsOf(createLoader(dataset, options));
    expect(expected.map(({ length }) => length)).toEqual(isEvaluation ? [4, 4, 2, 3] : [3, 3, 1, 2]);
    expect(expected[2]).toEqual(expected[1]!.slice(2));
    if (isEvaluation) expect(expected[1]).toEqual(expected[0]);
    else expect(expected[1]).not.toEqual(expected[0]);
    for (const workers of threads) {
      const loader = createLoader(dataset, { ...options, workers });
      expect(await printsOf(loader)).toEqual(expected);
      await loader.close();
    }
    await dataset.close();
  });
});
