import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testImagesOf, trainImagesOf } from "../images.js";

let folder = "";
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "ssl-vit-quality-test-")); });
afterEach(() => { rmSync(folder, { recursive: true }); });

test("says which shards of CIFAR-10 are missing", async () => {
  for (const shard of [0, 1, 2, 4]) writeFileSync(join(folder, `cifar10-train-00000${shard}.tar`), "");
  await expect(trainImagesOf(undefined, { labelled: true, folder })).rejects.toThrow(
    `[quality] --data: expected CIFAR-10 in ${folder}, received no ${join(folder, "cifar10-train-000003.tar")}. Set SSL_VIT_SHARED`,
  );
  await expect(testImagesOf(undefined, { folder })).rejects.toThrow("[quality] --test-data: expected CIFAR-10");
});

test("images that evaluation reads must have labels", async () => {
  writeFileSync(join(folder, "a.jpg"), "");
  await expect(trainImagesOf(folder, { labelled: true })).rejects.toThrow(`[quality] --data: expected labelled images, received ${folder} with 1 of 1 that have no label.`);
  expect(await trainImagesOf(folder, { labelled: false })).toEqual({ name: folder, path: folder, count: 1 });
});
