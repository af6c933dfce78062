/** MNIST's IDX files (yann.lecun.com/exdb/mnist), which Fashion-MNIST, KMNIST and EMNIST use as well; gzipped or not. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ConfigError } from "@ssl-vit/core";
import type { PixelDescriptor } from "./pixel-dataset.js";
import { sharedBytes, sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";

const IMAGES = /images[-.]idx3-ubyte(\.gz)?$/;

/** True for a file with MNIST's images. */
export const isMnistImages = (name: string): boolean => IMAGES.test(name);

interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** An IDX file of unsigned bytes: two zeros, type 8, rank, the sizes as big-endian words, the values. */
async function readIdx(path: string, rank: number): Promise<IdxArray> {
  const damaged = (expected: string, received: string): ConfigError =>
    new ConfigError({ package: "data", what: path, expected, received, fix: "The file is cut off or damaged: copy or download it again." });
  let bytes = await readFile(path);
  if (path.endsWith(".gz")) {
    bytes = await promisify(gunzip)(bytes).catch((error: unknown) => {
      throw damaged("a whole gzip file", (error as Error).message);
    });
  }
  const headerLength = 4 * (rank + 1);
  if (bytes.length < headerLength || bytes.readUInt32BE() !== 0x0800 + rank) {
    throw damaged(`an IDX file of bytes with ${rank} axes`, `${bytes.length} bytes that begin with 0x${bytes.toString("hex", 0, 4)}`);
  }
  const shape = Array.from({ length: rank }, (_, axis) => bytes.readUInt32BE(4 * (axis + 1)));
  const values = bytes.subarray(headerLength);
  const length = shape.reduce((product, size) => product * size, 1);
  if (values.length !== length) throw damaged(`${length} values for the shape [${shape.join(", ")}]`, String(values.length));
  return { shape, values };
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

/** Reads the images and, where there is a file of them, the labels into memory. `path` is a folder or the file with the images. */
export async function readMnist(path: string, split: string | undefined, location: string): Promise<PixelDescriptor> {
  const imagesPath = await imagesFile(path, split, location);
  const images = await readIdx(imagesPath, 3);
  const [count, height, width] = images.shape as [number, number, number];
  const labelsPath = imagesPath.replace(IMAGES, (ending) => ending.replace("images", "labels").replace("idx3", "idx1"));
  const labels = await readIdx(labelsPath, 1).catch((error: unknown) => {
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
    channels: 1,
    pixels: sharedBytes(images.values),
    labels: sharedInt32(labels?.values ?? new Int32Array(count).fill(-1)),
  };
}
