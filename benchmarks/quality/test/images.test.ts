import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testImagesOf, trainImagesOf } from "../images.js";

let folder = "";
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "ssl-vit-quality-test-")); });
afterEach(() => { rmSync(folder, { recursive: true }); });

test("says which shards of CIFAR-10 are missing where some are there", async () => {
  for (const shard of [0, 1, 2, 4]) writeFileSync(join(folder, `cifar10-train-00000${shard}.tar`), "");
  const message = `[quality] --data: expected all of CIFAR-10 in ${folder}, received no ${join(folder, "cifar10-train-000003.tar")}, ${join(folder, "cifar10-test-000000.tar")}.`;
  await expect(trainImagesOf(undefined, { labelled: true, folder })).rejects.toThrow(message);
  await expect(testImagesOf(undefined, { folder })).rejects.toThrow(message);
});

test("takes digits where nothing of CIFAR-10 is there", async () => {
  expect(await trainImagesOf(undefined, { labelled: true, folder })).toMatchObject({ name: "MNIST", count: 60_000 });
  expect(await testImagesOf(undefined, { folder })).toMatchObject({ name: "MNIST", count: 10_000 });
});

test("images that evaluation reads must have labels", async () => {
  writeFileSync(join(folder, "a.jpg"), "");
  await expect(trainImagesOf(folder, { labelled: true })).rejects.toThrow(`[quality] --data: expected labelled images, received ${folder} with 1 of 1 that have no label.`);
  expect(await trainImagesOf(folder, { labelled: false })).toEqual({ name: folder, path: folder, count: 1 });
});
