import { join } from "node:path";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { picture } from "./pictures.js";
import { planes } from "./records-files.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const images = [0, 1, 2, 3].map((index) => picture(index, 96, 96));
const stored = images.map((image) => planes(image, "columns"));
const names = Array.from({ length: 10 }, (_, index) => `class-${index}`);

writeFiles(join(folder, "stl10_binary"), {
  "train_X.bin": Buffer.concat(stored.slice(0, 2)),
  "train_y.bin": Buffer.of(1, 10),
  "test_X.bin": stored[2]!,
  "test_y.bin": Buffer.of(4),
  "unlabeled_X.bin": stored[3]!,
  "class_names.txt": names.join("\n"),
  "fold_indices.txt": "0 1",
});
const root = join(folder, "stl10_binary");

it("reads STL-10, whose classes count from 1 and whose planes go by columns", async () => {
  const dataset = await openDataset(`${root}#train`);
  expect(dataset).toMatchObject({ kind: "stl10", length: 2, classes: names });
  expect([dataset.labelOf(0), dataset.labelOf(1), dataset.keyOf(1)]).toEqual([0, 9, "train_X:1"]);
  expect([await dataset.read(0), await dataset.read(1)]).toEqual(images.slice(0, 2));
  await dataset.close();
});

it("reads the images without labels", async () => {
  for (const location of [`${root}#unlabeled`, join(root, "unlabeled_X.bin"), `stl10:${root}#unlabeled`]) {
    const dataset = await openDataset(location);
    expect([dataset.length, dataset.labelOf(0), dataset.classes, await dataset.read(0)]).toEqual([1, -1, undefined, images[3]]);
    await dataset.close();
  }
});

it("asks which split", async () => {
  await expect(openDataset(root)).rejects.toThrow(/expected #test or #train or #unlabeled at the end of a path that holds several splits/);
});

it.each([
  ["a file that ends in a record", { "train_X.bin": stored[0]!.subarray(0, 5000) }, /train_X\.bin: expected records of 27648 bytes, received 5000 bytes in place of the record at byte 0/],
  ["another number of labels", { "train_X.bin": stored[0]!, "train_y.bin": Buffer.of(1, 2) }, /train_y\.bin: expected 1 labels, one an image, received 2/],
  ["a label that is none", { "test_X.bin": stored[0]!, "test_y.bin": Buffer.of(0) }, /test_y\.bin: expected a class from 1 to 10 at byte 0, received 0/],
])("refuses %s", async (name, files, message) => {
  writeFiles(join(folder, name), files);
  await expect(openDataset(join(folder, name))).rejects.toThrow(message);
});

it("refuses what is no STL-10", async () => {
  writeFiles(join(folder, "other"), { "a.txt": "" });
  await expect(openDataset(`stl10:${join(folder, "other")}`)).rejects.toThrow(/expected train_X\.bin, test_X\.bin or unlabeled_X\.bin, received none of them/);
  await expect(openDataset(`stl10:${join(folder, "other", "a.txt")}`)).rejects.toThrow(/received a\.txt/);
});
