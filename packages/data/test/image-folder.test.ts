import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type ImageDataset, openDataset } from "../src/index.js";
import { jpeg, picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const [one, two, three] = await Promise.all([png(picture(1)), png(picture(2)), jpeg(picture(3))]);

const keysOf = (dataset: ImageDataset): string[] => Array.from({ length: dataset.length }, (_, index) => dataset.keyOf(index));
const labelsOf = (dataset: ImageDataset): number[] => Array.from({ length: dataset.length }, (_, index) => dataset.labelOf(index));

it("takes classes from the first folder below, in the order of code units", async () => {
  const root = join(folder, "classes");
  writeFiles(root, {
    "dog/b.png": one,
    "dog/a/deep.JPEG": three,
    "dog/B.png": two,
    "Zebra/1.png": one,
    "élan/1.png": two,
    "cat/10.png": one,
    "cat/9.png": two,
    "top.png": three,
    "dog/notes.txt": "no image",
    "dog/.hidden.png": one,
    ".cache/1.png": one,
    "empty/readme.md": "no image",
  });
  const dataset = await openDataset(root);
  expect(keysOf(dataset)).toEqual(["Zebra/1.png", "cat/10.png", "cat/9.png", "dog/B.png", "dog/a/deep.JPEG", "dog/b.png", "top.png", "élan/1.png"]);
  expect(dataset.classes).toEqual(["Zebra", "cat", "dog", "élan"]);
  expect(labelsOf(dataset)).toEqual([0, 1, 1, 2, 2, 2, -1, 3]);
  expect(Uint8Array.from((await dataset.read(5)).data)).toEqual(picture(1).data);
  expect(dataset).toMatchObject({ location: root, kind: "folder", length: 8 });
});

it("reads a flat folder without labels", async () => {
  const root = join(folder, "flat");
  writeFiles(root, { "b.png": one, "a.png": two });
  const dataset = await openDataset(`folder:${root}`);
  expect(keysOf(dataset)).toEqual(["a.png", "b.png"]);
  expect(labelsOf(dataset)).toEqual([-1, -1]);
  expect(dataset).not.toHaveProperty("classes");
});

it("follows links, but not round in a circle", async () => {
  const root = join(folder, "links");
  writeFiles(folder, { "elsewhere/x.png": one, "links/real/a.png": two });
  symlinkSync(join(folder, "elsewhere"), join(root, "linked"), "dir");
  symlinkSync(join(folder, "elsewhere", "x.png"), join(root, "real", "b.png"));
  symlinkSync(root, join(root, "real", "up"), "dir");
  symlinkSync(join(folder, "links", "real"), join(folder, "elsewhere", "back"), "dir");
  symlinkSync(join(folder, "nowhere.png"), join(root, "real", "dangling.png"));
  const dataset = await openDataset(root);
  expect(keysOf(dataset)).toEqual(["linked/back/a.png", "linked/back/b.png", "linked/back/dangling.png", "linked/x.png", "real/a.png", "real/b.png", "real/dangling.png"]);
  await expect(dataset.read(6)).rejects.toThrow(/ENOENT/);
});

it("takes a split's folder", async () => {
  const root = join(folder, "splits");
  writeFiles(root, { "train/cat/1.png": one, "train/dog/1.png": two, "val/cat/2.png": three });
  expect(keysOf(await openDataset(`${root}#train`))).toEqual(["cat/1.png", "dog/1.png"]);
  expect((await openDataset(`folder:${root}#val`)).classes).toEqual(["cat"]);
  await expect(openDataset(root)).rejects.toThrow(/expected #train or #val at the end of a path that holds several splits, received none/);
  await expect(openDataset(`${root}#test`)).rejects.toThrow(/expected #train or #val, received #test/);
});

it("does not take classes for splits, nor paths with # for a choice", async () => {
  const root = join(folder, "c#train");
  writeFiles(root, { "train/1.png": one, "test tube/1.png": two });
  expect((await openDataset(root)).classes).toEqual(["test tube", "train"]);
  await expect(openDataset(`${folder}/flat#train`)).rejects.toThrow(/expected a path without #, because its names tell no split, received #train/);
});

it("says what is there instead of images", async () => {
  const root = join(folder, "no-images");
  writeFiles(root, { "a.txt": "text", "sub/b.csv": "text", LICENSE: "text" });
  await expect(openDataset(root)).rejects.toThrow(/expected a folder with images \(jpg, .*received only other files \(no ending, \.csv, \.txt\)/);
  mkdirSync(join(folder, "empty"));
  await expect(openDataset(join(folder, "empty"))).rejects.toThrow(/received a folder without files/);
});
