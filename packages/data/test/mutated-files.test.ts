import { rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import { expect, it } from "vitest";
import { type ImageDataset, openDataset } from "../src/index.js";
import { indexParquet, parquetDataset } from "../src/parquet.js";
import { idxFile } from "./idx-file.js";
import { mutate } from "./mutate.js";
import { npy, npz } from "./numpy-file.js";
import { hubFile } from "./parquet-file.js";
import { picture, png } from "./pictures.js";
import { cifarFile } from "./records-files.js";
import { temporaryFolder, writeFiles } from "./temporary-folder.js";

const folder = temporaryFolder();

const FILES = 500;
const LANES = 8;
/** For one file, on a busy machine. Whole files take some milliseconds. */
const LONGEST = 5_000;
const MOST_MEMORY = 400e6;

const COUNT = 4;
const pictures = Array.from({ length: COUNT }, (_, index) => picture(index, 6, 5));
const files = await Promise.all(pictures.map(png));
const pixels = Buffer.concat(pictures.map(({ data }) => data as Uint8Array));
const labels = files.map((_, index) => index % 3);
const idx = idxFile([COUNT, 5, 6, 3], pixels);
const arrays = { images: npy("|u1", [COUNT, 5, 6, 3], pixels), labels: npy("|u1", [COUNT], Uint8Array.from(labels)) };
const hub = { images: files, labels, classes: ["cat", "dog", "eel"] };
const cifar = cifarFile(Array.from({ length: 3 }, (_, index) => picture(index, 32, 32)), (index) => [index]);

const byPage = async (path: string): Promise<ImageDataset> => parquetDataset(await indexParquet(path, undefined, path, 0));

it.each<[kind: string, name: string, file: Uint8Array, open: (path: string) => Promise<ImageDataset>]>([
  ["IDX", "a-images-idx4-ubyte", idx, openDataset],
  ["gzipped IDX", "a-images-idx4-ubyte.gz", gzipSync(idx), openDataset],
  ["npz", "a.npz", npz(arrays), openDataset],
  ["compressed npz", "a.npz", npz(arrays, true), openDataset],
  ["Parquet in memory", "a.parquet", hubFile(hub, { rowGroupSize: 2 }), openDataset],
  ["Parquet by page", "a.parquet", hubFile(hub, { rowGroupSize: 2 }), byPage],
  ["gzipped Parquet", "a.parquet", hubFile(hub, { codec: "GZIP" }), byPage],
  ["CIFAR", "data_batch_1.bin", cifar, openDataset],
])(
  `%s: ${FILES} mutated files are refused by name, or read`,
  async (kind, name, file, open) => {
    const before = process.memoryUsage();
    let [refused, read, failed, slowest, most] = [0, 0, 0, 0, 0];
    const tryOne = async (number: number, root: string): Promise<void> => {
      writeFiles(root, { [name]: mutate(file, number) });
      const start = performance.now();
      const opened = await open(join(root, name)).catch((error: unknown) => {
        expect(ConfigError.isInstance(error), `${number}: ${String((error as Error).stack)}`).toBe(true);
        expect((error as Error).message).toContain(root);
        return undefined;
      });
      if (opened === undefined) refused++;
      for (let index = 0; index < Math.min(opened?.length ?? 0, 20); index++) {
        await opened!.read(index).then(
          ({ width, height, channels, data }) => {
            expect(data.length).toBe(width * height * channels);
            read++;
          },
          (error: unknown) => {
            expect((error as Error).message).not.toBe("");
            failed++;
          },
        );
      }
      await opened?.close();
      // The file alone: folders take longer than all else, and so does writing over a file.
      rmSync(join(root, name));
      slowest = Math.max(slowest, performance.now() - start);
      most = Math.max(most, process.memoryUsage().rss - before.rss);
    };
    // A few at a time, for most of the time goes by waiting for the disk.
    await Promise.all(
      Array.from({ length: LANES }, async (_, lane) => {
        for (let number = lane; number < FILES; number += LANES) await tryOne(number, join(folder, kind, String(lane)));
      }),
    );
    // Some of both, or nothing was tried; images fail only where they are files of their own.
    expect(refused).toBeGreaterThan(FILES / 50);
    expect(read).toBeGreaterThan(FILES / 50);
    if (!kind.includes("Parquet")) expect(failed).toBe(0);
    expect(slowest).toBeLessThan(LONGEST);
    expect(most).toBeLessThan(MOST_MEMORY);
  },
  60_000,
);
