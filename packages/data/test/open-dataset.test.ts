import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { npy, npz } from "./numpy-file.js";
import { hubFile } from "./parquet-file.js";
import { picture, png } from "./pictures.js";
import { tarFile } from "./tar-file.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();
writeFiles(folder, { "pictures/readme.txt": "text", "table.csv": "a,b" });

const errorOf = async (location: string): Promise<unknown> => openDataset(location).catch((error: unknown) => error);

it.each([
  ["a path that is not there", "pictuers", /pictuers: expected an existing file or folder, received nothing there\. Did you mean "pictures"\?/],
  ["a folder of a folder that is not there", "nowhere/at/all", /expected an existing file or folder, received nothing there\.$/],
  ["a file of another kind", "table.csv", /expected a folder, a \.tar shard, a list \(\.txt\), an IDX file, .*\.parquet, .*received a file named table\.csv/],
])("refuses %s", async (_, path, message) => {
  const error = await errorOf(join(folder, path));
  expect(ConfigError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(message);
});

it("suggests the kind that was meant", async () => {
  const error = await errorOf(`webdatset:${folder}`);
  expect(ConfigError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(/one of folder, list, webdataset, mnist, idx, cifar10, cifar100, stl10, npz, npy, parquet before the colon, received "webdatset"\. Did you mean "webdataset"\?/);
  expect(((await errorOf(`cifar-10:${folder}`)) as Error).message).toMatch(/Did you mean "cifar10"\?/);
  expect(((await errorOf("https://example.org/images")) as Error).message).toMatch(/expected a path on this machine/);
});

it("refuses a kind that does not fit the path", async () => {
  expect(((await errorOf(`folder:${folder}/table.csv`)) as Error).message).toMatch(/expected a readable file or folder, received ENOTDIR/);
  expect(((await errorOf(`webdataset:${folder}/pictures`)) as Error).message).toMatch(/expected a folder with \.tar shards, received a folder without any/);
  expect(((await errorOf(`mnist:${folder}/pictures`)) as Error).message).toMatch(/expected one file named .*received none/);
  expect(((await errorOf(`parquet:${folder}/pictures`)) as Error).message).toMatch(/expected a folder with \.parquet files, received a folder without any/);
  expect(((await errorOf(`npz:${folder}/table.csv`)) as Error).message).toMatch(/table\.csv: expected a zip archive, with its directory at the end, received 3 bytes without one/);
  expect(((await errorOf(`cifar10:${folder}/table.csv`)) as Error).message).toMatch(/expected the binary version \(cifar-10-binary\.tar\.gz\)/);
});

it("takes tables and arrays that lie beside images for notes on them", async () => {
  const image = await png(picture(0));
  writeFiles(folder, { "flat/a.png": image, "flat/metadata.parquet": "x", "flat/train.bin": "x", "classes/cat/a.png": image, "classes/features.npy": "x" });
  expect(await openDataset(join(folder, "flat"))).toMatchObject({ kind: "folder", length: 1 });
  expect(await openDataset(join(folder, "classes"))).toMatchObject({ kind: "folder", length: 1 });
  for (const name of ["metadata.parquet", "train.bin", "data_batch_1.bin", "train_X.bin", "features.npz"]) {
    writeFiles(folder, { [`beside ${name}/cat/a.png`]: image, [`beside ${name}/${name}`]: "x" });
    expect(await openDataset(join(folder, `beside ${name}`))).toMatchObject({ kind: "folder", length: 1, classes: ["cat"] });
  }
});

it("asks which is meant, where a shard lies beside images", async () => {
  const image = await png(picture(0));
  const shard = tarFile([["a.png", image], ["b.png", image]]);
  writeFiles(folder, { "both/a.png": image, "both/Backup.tar": shard, "both-classes/cat/a.png": image, "both-classes/all.tar": shard, "shards/a.tar": shard, "shards/logs/a.txt": "" });
  for (const [name, stray] of [["both", "Backup"], ["both-classes", "all"]]) {
    const location = join(folder, name!);
    expect(((await errorOf(location)) as Error).message).toBe(`[@ssl-vit/data] ${location}: expected images or .tar shards, received both: ${stray!}.tar beside images. Say which: folder:${location} or webdataset:${location}.`);
    expect((await openDataset(`folder:${location}`)).length).toBe(1);
    expect((await openDataset(`webdataset:${location}`)).length).toBe(2);
  }
  expect((await openDataset(join(folder, "shards"))).length).toBe(2);
});

it("takes endings in capitals", async () => {
  const image = await png(picture(0));
  const array = npy("|u1", [1, 2, 2], new Uint8Array(4));
  writeFiles(folder, { "capitals/A.TAR": tarFile([["a.png", image]]), "capitals/b/A.TAR": tarFile([["a.png", image]]), "capitals/A.NPZ": npz({ images: array }), "capitals/A.NPY": array, "capitals/A.PARQUET": hubFile({ images: [image] }), "capitals/A.TXT": "/a.png" });
  for (const [name, kind] of Object.entries({ "A.TAR": "webdataset", b: "webdataset", "A.NPZ": "npz", "A.NPY": "npy", "A.PARQUET": "parquet", "A.TXT": "list" })) {
    expect(await openDataset(join(folder, "capitals", name))).toMatchObject({ kind, length: 1 });
  }
});

it("takes no word for a kind that only every object has", async () => {
  expect(((await errorOf("constructor:x")) as Error).message).toMatch(/or one of folder, list, .* before the colon, received "constructor"/);
});
