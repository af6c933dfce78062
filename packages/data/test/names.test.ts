import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { createLoader, type ImageDataset, openDataset } from "../src/index.js";
import { asAnotherUser } from "./as-another-user.js";
import { collect, views } from "./collect-batches.js";
import { idxFile } from "./idx-file.js";
import { picture, png } from "./pictures.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
const COUNT = 12;
const files = await Promise.all(Array.from({ length: COUNT }, (_, index) => png(picture(index))));

const keysOf = (dataset: ImageDataset): string[] => Array.from({ length: dataset.length }, (_, index) => dataset.keyOf(index));
const pixelsOf = async (dataset: ImageDataset, index: number): Promise<Uint8Array> => Uint8Array.from((await dataset.read(index)).data);

// In the order of their UTF-8 bytes. U+FF21 comes before the emoji, U+1F600: by UTF-16 code units it would be the other way round.
const names = ["#1.png", "a\tb.png", "a b.png", "line\nbreak.png", "zoë.png", "Ω.png", "картинка.png", "صورة.png", "圖.png", "ＡＢ.png", "😀.png", "🧪 % ? & ;.png"];

it("reads names in any script, in the order of their bytes", async () => {
  const root = join(folder, "scripts");
  writeFiles(root, Object.fromEntries(names.map((name, index) => [name, files[index]!])));
  const dataset = await openDataset(root);
  expect(keysOf(dataset)).toEqual(names);
  for (let index = 0; index < COUNT; index++) {
    expect(await pixelsOf(dataset, index)).toEqual(picture(index).data);
    expect(await dataset.readEncoded!(index)).toEqual({ bytes: files[index], extension: "png" });
  }
});

it("reads classes in any script, and in worker threads", async () => {
  const root = join(folder, "classes #1");
  writeFiles(root, Object.fromEntries(names.map((name, index) => [`${name.slice(0, -4)}/${name}`, files[index]!])));
  const dataset = await openDataset(root);
  expect(dataset.classes).toEqual(names.map((name) => name.slice(0, -4)));
  expect(Array.from({ length: COUNT }, (_, index) => dataset.labelOf(index))).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  const loader = createLoader(dataset, { views, batchSize: COUNT, seed: 0, shuffle: false, workers: 1 });
  const [batch] = await collect(loader.batches(0));
  expect([...batch!.indices]).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  expect(loader.skipped.size).toBe(0);
  await loader.close();
});

// macOS and Windows have no such names.
it.runIf(process.platform === "linux")("reads names that are no UTF-8", async () => {
  const root = join(folder, "latin");
  const name = (text: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(text, "latin1")]);
  mkdirSync(root);
  mkdirSync(name("caf\xe9"));
  writeFileSync(name("caf\xe9/\xff\xfe.png"), files[0]!);
  writeFileSync(name("caf\xe9/\xff\xff.png"), files[1]!);
  symlinkSync(name("caf\xe9"), name("link\xe9"), "dir");
  const dataset = await openDataset(root);
  expect(keysOf(dataset)).toEqual(["caf\uFFFD/\uFFFD\uFFFD.png", "caf\uFFFD/\uFFFD\uFFFD.png", "link\uFFFD/\uFFFD\uFFFD.png", "link\uFFFD/\uFFFD\uFFFD.png"]);
  expect(dataset.classes).toEqual(["caf\uFFFD", "link\uFFFD"]);
  for (const index of [0, 1, 2, 3]) expect(await pixelsOf(dataset, index)).toEqual(picture(index % 2).data);
});

it("orders images by their paths and classes by their names", async () => {
  const root = join(folder, "order");
  writeFiles(root, { "a/1.png": files[0]!, "a-b/1.png": files[1]!, "a.png": files[2]!, "a/0/1.png": files[3]!, "a/0-.png": files[4]!, "B/1.png": files[5]!, "a0.png": files[6]! });
  const dataset = await openDataset(root);
  const keys = ["B/1.png", "a-b/1.png", "a.png", "a/0-.png", "a/0/1.png", "a/1.png", "a0.png"];
  expect(keysOf(dataset)).toEqual(keys);
  expect([...keys].sort()).toEqual(keys);
  expect(dataset.classes).toEqual(["B", "a", "a-b"]);
  expect(keys.map((_, index) => dataset.labelOf(index))).toEqual([0, 2, -1, 1, 1, 1, -1]);
});

it.skipIf(process.platform === "win32")("does not wait for sockets and FIFOs", async () => {
  const root = join(folder, "special");
  writeFiles(root, { "a.png": files[0]!, "list.txt": "fifo.png\na.png\nlinked.png\n/dev/zero\nsub\n" });
  mkdirSync(join(root, "sub"));
  execFileSync("mkfifo", ["fifo.png", "fifo.tar", "fifo.txt", "sub/fifo.tar"].map((name) => join(root, name)));
  symlinkSync("fifo.png", join(root, "linked.png"));
  const server = createServer().listen(join(root, "socket.png"));
  await new Promise((resolve) => server.once("listening", resolve));
  const dataset = await openDataset(`folder:${root}`);
  expect(keysOf(dataset)).toEqual(["a.png", "linked.png"]);
  await expect(dataset.read(1)).rejects.toThrow("a socket, FIFO or device, not a file");
  const list = await openDataset(join(root, "list.txt"));
  for (const index of [0, 2, 3]) await expect(list.read(index)).rejects.toThrow("a socket, FIFO or device, not a file");
  await expect(list.read(4)).rejects.toThrow("a folder, not a file");
  for (const location of ["fifo.png", "fifo.tar", "fifo.txt", "socket.png"]) {
    for (const kind of ["", "folder:", "webdataset:", "list:"]) {
      await expect(openDataset(`${kind}${join(root, location)}`)).rejects.toThrow(/expected a file or folder, received a socket, FIFO or device/);
    }
  }
  await expect(openDataset(join(root, "sub"))).rejects.toThrow(/fifo\.tar: expected a \.tar file, received a folder, socket, FIFO or device/);
  server.close();
});

it.skipIf(process.platform === "win32").each([
  ["t10k-images-idx3-ubyte", {}],
  ["t10k-images-idx3-ubyte.gz", {}],
  ["a-labels-idx1-ubyte", { "a-images-idx3-ubyte": idxFile([1, 2, 2], new Uint8Array(4)) }],
  ["a.npz", {}],
  ["a.npy", {}],
  ["a.parquet", {}],
  ["train.bin", {}],
  ["batches.meta.txt", { "test_batch.bin": new Uint8Array(3073) }],
  ["test_X.bin", {}],
  ["test_y.bin", { "test_X.bin": new Uint8Array(27_648) }],
])("does not wait for a FIFO called %s inside a folder", async (name, others) => {
  const root = join(folder, `fifo ${name} here`);
  writeFiles(root, { "readme.md": "", ...others });
  execFileSync("mkfifo", [join(root, name)]);
  const error: unknown = await openDataset(root).catch((problem: unknown) => problem);
  expect(ConfigError.isInstance(error)).toBe(true);
  expect((error as Error).message).toContain(`${join(root, name)}: expected `);
  expect((error as Error).message).toMatch(/received (a folder, socket, FIFO or device|an empty file|0 bytes without it)/);
});

it("names the folder that may not be read, wherever it lies", async ({ skip }) => {
  const root = join(folder, "locked");
  writeFiles(root, { "a/1.png": files[0]!, "b/secret/1.png": files[1]! });
  const locked = join(root, "b", "secret");
  chmodSync(locked, 0o000);
  const outcome = await asAnotherUser(folder, () => openDataset(root).then(() => "opened", (error: unknown) => error));
  const top = await asAnotherUser(folder, () => openDataset(locked).then(() => "opened", (error: unknown) => error));
  chmodSync(locked, 0o755);
  if (outcome === undefined) skip("this user may read everything and cannot become another one");
  expect(ConfigError.isInstance(outcome)).toBe(true);
  expect((outcome as Error).message).toBe(
    `[@ssl-vit/data] ${locked}: expected a readable file or folder, received EACCES: permission denied, opendir '${locked}'. Give yourself the right to read it, or move it elsewhere.`,
  );
  expect((top as Error).message).toMatch(/secret: expected a readable file or folder, received EACCES/);
});

it("counts an image that may not be read as broken", async ({ skip }) => {
  const root = join(folder, "locked-image");
  writeFiles(root, { "1.png": files[0]!, "2.png": files[1]!, "3.png": files[2]! });
  chmodSync(join(root, "2.png"), 0o000);
  const dataset = await openDataset(root);
  const outcome = await asAnotherUser(folder, async () => {
    const loader = createLoader(dataset, { views, batchSize: 3, seed: 0, shuffle: false });
    const [batch] = await collect(loader.batches(0));
    return { indices: [...batch!.indices], skipped: [...loader.skipped] };
  });
  if (outcome === undefined) skip("this user may read everything and cannot become another one");
  expect(outcome!.indices).toEqual([0, 2, 2]);
  expect(outcome!.skipped).toEqual([["2.png", expect.stringMatching(/^EACCES: permission denied/)]]);
});
