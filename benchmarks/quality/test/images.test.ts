import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { datasetDownloads, openDataset } from "@ssl-vit/data";
import { afterEach, beforeEach, expect, test } from "vitest";
import { downloadCifar10 } from "../cifar10.js";
import { testImagesOf, trainImagesOf } from "../images.js";

let folder = "";
let server: Server | undefined;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "ssl-vit-quality-test-")); });
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true });
});

const silent = () => undefined;
/** Shards in a folder itself, and downloads in one below. */
const foldersIn = (root: string) => ({ download: join(root, "downloads"), shards: root });

const VALUES = 3072;

/** Files as of the authors: in each two images, of which one value names the file, one the image, and the first of each plane the plane. */
function writeBatches(root: string): string {
  const unpacked = join(root, "cifar-10-batches-bin");
  mkdirSync(unpacked, { recursive: true });
  for (const [file, name] of ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"].entries()) {
    const records = [0, 1].map((image) => {
      const record = Buffer.alloc(1 + VALUES);
      for (const [at, value] of [[0, file + image], [1, 10], [1 + 1024, 20], [1 + 2048, 30], [1 + 1023, 100 + file], [VALUES, 200 + image]] as const) record[at] = value;
      return record;
    });
    writeFileSync(join(unpacked, `${name}.bin`), Buffer.concat(records));
  }
  writeFileSync(join(unpacked, "batches.meta.txt"), `${Array.from({ length: 10 }, (_, index) => `class-${index}`).join("\n")}\n\n`);
  return unpacked;
}

test("says which shards of CIFAR-10 are missing where some are there", async () => {
  for (const shard of [0, 1, 2, 4]) writeFileSync(join(folder, `cifar10-train-00000${shard}.tar`), "");
  const message = `[quality] --data: expected all of CIFAR-10 in ${folder}, received no ${join(folder, "cifar10-train-000003.tar")}, ${join(folder, "cifar10-test-000000.tar")}.`;
  await expect(trainImagesOf(undefined, { labelled: true, folders: foldersIn(folder) })).rejects.toThrow(message);
  await expect(testImagesOf(undefined, { folders: foldersIn(folder) })).rejects.toThrow(message);
});

test("takes digits where nothing of CIFAR-10 is there, and says how to get it", async () => {
  const told: string[] = [];
  expect(await trainImagesOf(undefined, { labelled: true, folders: foldersIn(folder), tell: (text) => told.push(text) })).toMatchObject({ name: "MNIST", count: 60_000 });
  expect(await testImagesOf(undefined, { folders: foldersIn(folder) })).toMatchObject({ name: "MNIST", count: 10_000 });
  const unpacked = join(folder, "downloads", "cifar-10-batches-bin");
  const how = `--download gets it (162 MB). By hand: download https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (MD5 c32a1d4ab5d03f1284b67883e8d87530) and unpack it in ${join(folder, "downloads")}, so that there is ${unpacked}.`;
  expect(told).toEqual([`CIFAR-10 is not here, so that MNIST's digits are taken. ${how} Or name images by --data and --test-data.`]);
  // Nothing was fetched without being asked for.
  expect(readdirSync(folder)).toEqual([]);
  await expect(trainImagesOf("cifar10", { labelled: true, folders: foldersIn(folder) })).rejects.toThrow(`[quality] --data: expected CIFAR-10 in ${join(folder, "downloads")} or ${folder}, received nothing there. ${how}`);
  await expect(testImagesOf("cifar10", { folders: foldersIn(folder) })).rejects.toThrow("expected CIFAR-10 in");
  await expect(testImagesOf("cifar10", { benchmark: "parity", folders: foldersIn(folder) })).rejects.toThrow("[parity] --data: expected CIFAR-10 in");
});

test("takes the authors' own files before shards, by default and by name", async () => {
  const unpacked = writeBatches(join(folder, "downloads"));
  for (const shard of [0, 1, 2, 3, 4]) writeFileSync(join(folder, `cifar10-train-00000${shard}.tar`), "");
  writeFileSync(join(folder, "cifar10-test-000000.tar"), "");
  for (const path of [undefined, "cifar10"]) {
    expect(await trainImagesOf(path, { labelled: true, folders: foldersIn(folder), tell: (text) => { expect.fail(text); } })).toEqual({ name: "CIFAR-10", path: `${unpacked}#train`, count: 10 });
    expect(await testImagesOf(path, { folders: foldersIn(folder) })).toEqual({ name: "CIFAR-10", path: `${unpacked}#test`, count: 2 });
  }
  rmSync(join(unpacked, "data_batch_4.bin"));
  await expect(trainImagesOf(undefined, { labelled: true, folders: foldersIn(folder) })).rejects.toThrow(
    `[quality] --data: expected all of CIFAR-10 in ${unpacked}, received no ${join(unpacked, "data_batch_4.bin")}. Remove the folder, and get it anew by --download or by hand.`,
  );
});

/** A server of an archive as the authors', with two images a file; what it was asked for. */
async function serve(): Promise<{ downloads: typeof datasetDownloads; asked: string[] }> {
  writeBatches(join(folder, "made"));
  const { status, stderr } = spawnSync("tar", ["-czf", "archive.tgz", "-C", "made", "cifar-10-batches-bin"], { cwd: folder, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const archive = readFileSync(join(folder, "archive.tgz"));
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(200, { "content-length": archive.length }).end(archive);
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/cifar-10-binary.tar.gz`;
  const md5 = createHash("md5").update(archive).digest("hex");
  return { asked, downloads: datasetDownloads.map((one) => (one.name === "cifar10" ? { ...one, url, md5 } : one)) };
}

test("downloads once what is trained on then, to the pixel", async () => {
  const { downloads, asked } = await serve();
  const folders = { download: join(folder, "cache", "cifar10"), shards: join(folder, "none") };
  const told: { text: string; requests: number }[] = [];
  const tell = (text: string) => { told.push({ text, requests: asked.length }); };
  for (let time = 0; time < 2; time++) await downloadCifar10(new AbortController().signal, { folder: folders.download, downloads, tell });
  expect(asked).toEqual(["/cifar-10-binary.tar.gz"]);
  // What is about to be fetched, and where to, is said before anything is asked for.
  expect(told[0]).toEqual({ text: `Downloading ${downloads.find(({ name }) => name === "cifar10")!.url} (162 MB) to ${folders.download} …`, requests: 0 });
  expect(readdirSync(folders.download)).toEqual(["cifar-10-batches-bin"]);
  const train = await trainImagesOf(undefined, { labelled: true, folders });
  expect(train).toMatchObject({ name: "CIFAR-10", count: 10 });
  const images = await openDataset(train.path);
  expect([images.kind, images.classes?.[9], images.labelOf(9)]).toEqual(["cifar10", "class-9", 5]);
  // The second image of the fifth file, from planes to pixels.
  const { width, height, channels, data } = await images.read(9);
  expect([width, height, channels]).toEqual([32, 32, 3]);
  const expected = new Uint8Array(VALUES);
  expected.set([10, 20, 30]);
  expected.set([104, 0, 201], VALUES - 3);
  expect([...data]).toEqual([...expected]);
  await images.close();
});

test("nothing that is damaged is taken for CIFAR-10", async () => {
  const { downloads } = await serve();
  const download = join(folder, "cache");
  const other = downloads.map((one) => ({ ...one, md5: "0".repeat(32) }));
  await expect(downloadCifar10(new AbortController().signal, { folder: download, downloads: other, tell: silent })).rejects.toThrow(/expected MD5 0{32}, received \w{32}/);
  expect(readdirSync(download)).toEqual([]);
  await expect(downloadCifar10(AbortSignal.abort(), { folder: download, downloads, tell: silent })).rejects.toThrow("abort");
  expect(existsSync(join(download, "cifar-10-batches-bin"))).toBe(false);
});

test("images that evaluation reads must have labels", async () => {
  writeFileSync(join(folder, "a.jpg"), "");
  await expect(trainImagesOf(folder, { labelled: true })).rejects.toThrow(`[quality] --data: expected labelled images, received ${folder} with 1 of 1 that have no label.`);
  expect(await trainImagesOf(folder, { labelled: false })).toEqual({ name: folder, path: folder, count: 1 });
});
