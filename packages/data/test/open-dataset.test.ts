import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { openDataset } from "../src/index.js";
import { picture, png } from "./pictures.js";
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
});
