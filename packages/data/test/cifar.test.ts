import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { picture } from "./pictures.js";
import { cifarFile } from "./records-files.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const images = Array.from({ length: 9 }, (_, index) => picture(index, 32, 32));
const names = Array.from({ length: 10 }, (_, index) => `class-${index}`);

const ten = join(folder, "cifar-10-batches-bin");
writeFiles(ten, {
  "data_batch_1.bin": cifarFile(images.slice(0, 4), (index) => [index]),
  "data_batch_2.bin": cifarFile(images.slice(4, 7), (index) => [9 - index]),
  "test_batch.bin": cifarFile(images.slice(7), () => [5]),
  "batches.meta.txt": `${names.join("\n")}\n\n`,
  "readme.html": "text",
});

const hundred = join(folder, "cifar-100-binary");
writeFiles(hundred, {
  "train.bin": cifarFile(images.slice(0, 5), (index) => [index, 95 + index]),
  "test.bin": cifarFile(images.slice(5), (index) => [index, index]),
  "fine_label_names.txt": Array.from({ length: 100 }, (_, index) => `fine-${index}`).join("\r\n"),
});

it("reads CIFAR-10's images, labels and class names", async () => {
  const dataset = await openDataset(`${ten}#train`);
  expect(dataset).toMatchObject({ kind: "cifar10", length: 7, location: `${ten}#train`, classes: names });
  expect(Array.from({ length: 7 }, (_, index) => dataset.labelOf(index))).toEqual([0, 1, 2, 3, 9, 8, 7]);
  expect([0, 3, 4, 6].map((index) => dataset.keyOf(index))).toEqual(["data_batch_1:0", "data_batch_1:3", "data_batch_2:0", "data_batch_2:2"]);
  for (let index = 0; index < 7; index++) expect(await dataset.read(index)).toEqual(images[index]);
  await dataset.close();
  const test = await openDataset(`cifar10:${ten}#test`);
  expect([test.length, test.labelOf(1), await test.read(1)]).toEqual([2, 5, images[8]]);
  await test.close();
});

it("reads CIFAR-100 with its fine labels", async () => {
  const dataset = await openDataset(`${hundred}#train`);
  expect(dataset).toMatchObject({ kind: "cifar100", length: 5 });
  expect(Array.from({ length: 5 }, (_, index) => dataset.labelOf(index))).toEqual([95, 96, 97, 98, 99]);
  expect(dataset.classes?.[96]).toBe("fine-96");
  expect(await dataset.read(4)).toEqual(images[4]);
  await dataset.close();
});

it("takes one file", async () => {
  const dataset = await openDataset(join(ten, "data_batch_2.bin"));
  expect([dataset.length, await dataset.read(0)]).toEqual([3, images[4]]);
  await dataset.close();
  await expect(openDataset(`${join(ten, "data_batch_2.bin")}#test`)).rejects.toThrow(/expected #train, received #test/);
  writeFiles(folder, { "mine.bin": cifarFile(images.slice(0, 2), () => [1]) });
  const named = await openDataset(`cifar10:${join(folder, "mine.bin")}`);
  expect([named.kind, named.length, named.classes]).toEqual(["cifar10", 2, undefined]);
  await named.close();
});

it("asks which split", async () => {
  await expect(openDataset(ten)).rejects.toThrow(/expected #train or #test at the end of a path that holds several splits, received none/);
  await expect(openDataset(`${hundred}#val`)).rejects.toThrow(/expected #test or #train, received #val/);
});

const record = cifarFile(images.slice(0, 1), () => [3]);

it.each([
  ["a file that ends in a record", { "data_batch_1.bin": Buffer.concat([record, record.subarray(0, 100)]) }, /data_batch_1\.bin: expected records of 3073 bytes, received 100 bytes in place of the record at byte 3073\. .*cut off/],
  ["an empty file", { "test_batch.bin": "" }, /test_batch\.bin: expected records of 3073 bytes, received an empty file/],
  ["a label that is none", { "data_batch_1.bin": Buffer.concat([record, cifarFile(images.slice(1, 2), () => [77])]) }, /expected a class from 0 to 9 at byte 3073, received 77/],
  ["a wrong number of names", { "data_batch_1.bin": record, "batches.meta.txt": "cat\ndog\n" }, /batches\.meta\.txt: expected 10 class names, one a line, received 2/],
  ["pickles", { data_batch_1: "pickle", test_batch: "pickle", "batches.meta": "pickle" }, /expected the binary version \(cifar-10-binary\.tar\.gz\), .*received the version for Python, whose files are pickles\. A pickle can run any code/],
  ["CIFAR-100's pickles", { train: "pickle", test: "pickle", meta: "pickle" }, /expected the binary version \(cifar-100-binary\.tar\.gz\), .*received the version for Python/],
])("refuses %s", async (name, files, message) => {
  writeFiles(join(folder, name), files);
  await expect(openDataset(join(folder, name))).rejects.toThrow(message);
});

it("refuses one of the pickles by its name", async () => {
  await expect(openDataset(join(folder, "pickles", "data_batch_1"))).rejects.toThrow(/data_batch_1: expected the binary version \(cifar-10-binary\.tar\.gz\)/);
});

it("refuses a folder without its files", async () => {
  writeFiles(join(folder, "other"), { "a.txt": "" });
  await expect(openDataset(`cifar100:${join(folder, "other")}`)).rejects.toThrow(/expected the binary version .*such as train\.bin, received none of its files/);
});

it("has an image fail, not the data set, when the file is gone", async () => {
  writeFiles(join(folder, "gone"), { "test_batch.bin": record });
  const dataset = await openDataset(join(folder, "gone"));
  rmSync(join(folder, "gone"), { recursive: true });
  await expect(dataset.read(0)).rejects.toThrow(/test_batch\.bin/);
  await dataset.close();
});
