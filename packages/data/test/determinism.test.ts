import { join } from "node:path";
import { cropAndColor, dinoViews, evaluationViews, jitterOf } from "@ssl-vit/augment";
import { imagenetNormalization, type ImageOperation, type ViewPolicy } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { createLoader, type Loader, openDataset } from "../src/index.js";
import { fingerprints } from "./collect-batches.js";
import { idxFile } from "./idx-file.js";
import { npy, npz } from "./numpy-file.js";
import { hubFile } from "./parquet-file.js";
import { jpeg, picture, png } from "./pictures.js";
import { cifarFile, planes } from "./records-files.js";
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
inFolder("listed", () => "");
const small = Array.from({ length: COUNT }, (_, index) => picture(index, 32, 32));
const large = Array.from({ length: COUNT }, (_, index) => picture(index, 96, 96));
const labels = Uint8Array.from(small, (_, index) => index % 10);
const pixels = Buffer.concat(small.map(({ data }) => data as Uint8Array));
const words = Uint16Array.from(pixels, (value, place) => value * 256 + (place % 256));
writeFiles(folder, {
  "photos.txt": files.map(([file], index) => `listed/${file}\t${index % 3}`).reverse().join("\n"),
  ...Object.fromEntries([0, 1, 2].map((shard) => [`shards/${shard}.tar`, tarFile(files.filter((_, index) => index % 3 === shard))])),
  "mnist/train-images-idx3-ubyte": idxFile([COUNT, 20, 20], Uint8Array.from({ length: COUNT * 400 }, (_, place) => (place * place) % 251)),
  "mnist/train-labels-idx1-ubyte": idxFile([COUNT], labels),
  "cifar10/data_batch_1.bin": cifarFile(small.slice(0, 9), (index) => [labels[index]!]),
  "cifar10/data_batch_2.bin": cifarFile(small.slice(9), (index) => [labels[index + 9]!]),
  "cifar100/train.bin": cifarFile(small, (index) => [0, labels[index]!]),
  "stl10/train_X.bin": Buffer.concat(large.map((image) => planes(image, "columns"))),
  "stl10/train_y.bin": labels.map((label) => label + 1),
  "bytes.npz": npz({ images: npy("|u1", [COUNT, 32, 32, 3], pixels), labels: npy("|u1", [COUNT], labels) }, true),
  "words.npz": npz({ images: npy("<u2", [COUNT, 32, 32, 3], new Uint8Array(words.buffer)), labels: npy("|u1", [COUNT], labels) }),
  "pictures.parquet": hubFile({ images: await Promise.all(small.map(png)), labels: [...labels] }, { rowGroupSize: 4, pageSize: 2000 }),
});

const readers: readonly (readonly [name: string, location: string])[] = [
  ["class folders", inFolder("classes", (index) => `class ${index % 3}/`)],
  ["a list", join(folder, "photos.txt")],
  ["shards", join(folder, "shards")],
  ["IDX files", join(folder, "mnist")],
  ["CIFAR-10", join(folder, "cifar10")],
  ["CIFAR-100", join(folder, "cifar100")],
  ["STL-10", join(folder, "stl10")],
  ["npz of 8 bits", join(folder, "bytes.npz")],
  ["npz of 16 bits", join(folder, "words.npz")],
  ["Parquet", join(folder, "pictures.parquet")],
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

/** Numbers of threads: all of them with one policy of each reader, two with every other. Side by side: starting them takes most of the time. */
const threadsFor = (policy: string): readonly number[] => (policy === "SimCLR" ? [1, 2, 4] : [2]);

describe.each(readers.map(([name, location]) => ({ name, location })))("batches from $name are the same bytes", ({ location }) => {
  it.each(Object.keys(policies).map((name) => ({ name, threads: threadsFor(name) })))("from 0 and $threads threads, any epoch and any step: $name", async ({ name, threads }) => {
    const dataset = await openDataset(location);
    const isEvaluation = name === "evaluation";
    const order = isEvaluation ? { shuffle: false, dropLast: false } : { shuffle: name === "MAE" ? { buffer: 4 } : true };
    const options = { ...order, views: policies[name]!, batchSize: 4, seed: 9 };
    const expected = await printsOf(createLoader(dataset, options));
    expect(expected.map(({ length }) => length)).toEqual(isEvaluation ? [4, 4, 2, 3] : [3, 3, 1, 2]);
    expect(expected[2]).toEqual(expected[1]!.slice(2));
    if (isEvaluation) expect(expected[1]).toEqual(expected[0]);
    else expect(expected[1]).not.toEqual(expected[0]);
    await Promise.all(
      threads.map(async (workers) => {
        const loader = createLoader(dataset, { ...options, workers });
        expect(await printsOf(loader), `${workers} threads`).toEqual(expected);
        await loader.close();
      }),
    );
    await dataset.close();
  });
});
