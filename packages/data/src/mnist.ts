/** MNIST's IDX files (yann.lecun.com/exdb/mnist), which Fashion-MNIST, KMNIST and EMNIST use as well; gzipped or not. */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import { damagedFile } from "./damaged-file.js";
import { LARGEST_DEFLATE_RATIO } from "./deflate-ratio.js";
import type { PixelDescriptor } from "./pixel-dataset.js";
import { fileBytes, type SequentialReader, sequentialReader } from "./sequential-reader.js";
import { noLabels, sharedInt32, sharedMemory } from "./shared-array.js";
import { chooseSplit } from "./split.js";

const IMAGES = /images[-.]idx[34]-ubyte(\.gz)?$/;

/** True for a file with MNIST's images. */
export const isMnistImages = (name: string): boolean => IMAGES.test(name);

interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** An IDX file of unsigned bytes: two zeros, type 8, rank, the sizes as big-endian words, the values. `size` is that of the file. */
async function readIdx(reader: SequentialReader, path: string, size: number, ranks: readonly number[]): Promise<IdxArray> {
  const start = Buffer.alloc(4);
  const started = await reader.fill(start);
  const rank = start[3]!;
  const sizes = Buffer.alloc(4 * rank);
  if (started < 4 || start.readUIntBE(0, 3) !== 8 || !ranks.includes(rank) || (await reader.fill(sizes)) < sizes.length) {
    throw damagedFile(path, `an IDX file of bytes with ${ranks.join(" or ")} axes`, `${size} bytes that begin with 0x${start.toString("hex", 0, started)}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => sizes.readUInt32BE(4 * axis));
  const length = shape.reduce((product, count) => product * count, 1);
  const expected = `${length} values for the shape [${shape.join(", ")}]`;
  const possible = path.endsWith(".gz") ? size * LARGEST_DEFLATE_RATIO : size - 4 - sizes.length;
  if (length > possible) throw damagedFile(path, expected, path.endsWith(".gz") ? `${size} bytes, which cannot hold them` : String(possible));
  const values = new Uint8Array(sharedMemory(length, path));
  const filled = await reader.fill(values);
  if (filled < length || !(await reader.isAtEnd())) throw damagedFile(path, expected, filled < length ? String(filled) : "more");
  return { shape, values };
}

async function openIdx(path: string, ranks: readonly number[]): Promise<IdxArray> {
  const { size } = await stat(path);
  const reader = sequentialReader(fileBytes(path, path.endsWith(".gz") ? createGunzip() : undefined));
  try {
    return await readIdx(reader, path, size, ranks);
  } catch (error) {
    // zlib's words for what is wrong: "unexpected end of file".
    if (String((error as NodeJS.ErrnoException).code).startsWith("Z_")) throw damagedFile(path, "a whole gzip file", (error as Error).message, error);
    throw error;
  } finally {
    await reader.close();
  }
}

/** The one file with images at a path, of the split that is asked for; the file that was not gzipped before the one that was. */
async function imagesFile(path: string, split: string | undefined, location: string): Promise<string> {
  const names = isMnistImages(path) ? [basename(path)] : (await readdir(path)).filter(isMnistImages).sort();
  const candidates = chooseSplit(location, names, split);
  const plain = candidates.filter((name) => !name.endsWith(".gz") || !candidates.includes(name.slice(0, -3)));
  const [only] = plain;
  if (plain.length === 1 && only !== undefined) return isMnistImages(path) ? path : join(path, only);
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "one file named …images-idx3-ubyte, or train-… and t10k-… with #train or #test at the end of the path",
    received: plain.length === 0 ? "none" : plain.join(", "),
  });
}

/**
 * Reads the images and, where there is a file of them, the labels into memory. `path` is a folder or the file with the images, [N, Y, X] or
 * (idx4) [N, Y, X, C].
 */
export async function readMnist(path: string, split: string | undefined, location: string): Promise<PixelDescriptor> {
  const imagesPath = await imagesFile(path, split, location);
  const images = await openIdx(imagesPath, [3, 4]);
  const [count, height, width, channels = 1] = images.shape as [number, number, number, number?];
  if (images.values.length === 0) {
    throw new ConfigError({ package: "data", what: imagesPath, expected: "at least one image", received: `the shape [${images.shape.join(", ")}]` });
  }
  const labelsPath = imagesPath.replace(IMAGES, (ending) => ending.replace("images", "labels").replace(/idx[34]/, "idx1"));
  const labels = await openIdx(labelsPath, [1]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (labels !== undefined && labels.values.length !== count) {
    throw new ConfigError({ package: "data", what: labelsPath, expected: `${count} labels, one an image`, received: String(labels.values.length) });
  }
  return {
    kind: "pixels",
    source: "mnist",
    location,
    width,
    height,
    channels,
    pixels: images.values,
    labels: labels === undefined ? noLabels(count) : sharedInt32(labels.values),
  };
}
