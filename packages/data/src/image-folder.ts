import { readFileSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { decodeImage, imageExtensions } from "./decode-image.js";
import type { ImageDataset } from "./image-dataset.js";
import { sharedInt32 } from "./shared-array.js";
import { chooseSplit, isSplitFolder } from "./split.js";
import { packStrings, stringAt, type StringTable } from "./string-table.js";

/** Images as files below a folder: where each lies, and its class. */
export interface FolderDescriptor {
  readonly kind: "folder";
  readonly location: string;
  readonly root: string;
  /** Below the root, with `/` on every system. */
  readonly paths: StringTable;
  readonly labels: Int32Array;
  readonly classes?: readonly string[];
}

interface Found {
  readonly images: string[];
  /** Endings of the files that are no images. */
  readonly otherExtensions: Set<string>;
}

const extensionOf = (name: string): string => extname(name).slice(1).toLowerCase();

/** Collects the images below a folder. Links are followed, but not into a folder that one is in already; names that begin with a dot are left out. */
async function collect(root: string, below: string, ancestors: readonly string[], found: Found): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    if (entry.name.startsWith(".")) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const linked = entry.isSymbolicLink() ? await stat(join(root, path)).catch(() => undefined) : undefined;
    if (entry.isDirectory() || linked?.isDirectory() === true) {
      const real = linked === undefined ? join(ancestors.at(-1)!, entry.name) : await realpath(join(root, path));
      if (!ancestors.includes(real)) await collect(root, path, [...ancestors, real], found);
    } else if (imageExtensions.includes(extensionOf(entry.name))) {
      found.images.push(path);
    } else {
      found.otherExtensions.add(extname(entry.name));
    }
  }
}

/** Where the images lie: the folder itself, or its subfolder for the split. */
async function rootOf(path: string, split: string | undefined, location: string): Promise<string> {
  const [chosen] = chooseSplit(location, (await readdir(path)).filter(isSplitFolder), split);
  return split === undefined ? path : join(path, chosen!);
}

function noImages(location: string, { otherExtensions }: Found): ConfigError {
  const seen = [...otherExtensions].sort().slice(0, 5);
  return new ConfigError({
    package: "data",
    what: location,
    expected: `a folder with images (${imageExtensions.join(", ")})`,
    received: seen.length === 0 ? "a folder without files" : `only other files (${seen.map((ending) => ending || "no ending").join(", ")})`,
    fix: "Other data that can be read: .tar shards, IDX, .npz, .npy and .parquet files, the binary files of CIFAR and STL-10.",
  });
}

/**
 * Finds the images of a folder, in the order of their paths by code unit: the same order on every file system.
 *
 * @throws ConfigError when there are none
 */
export async function indexFolder(path: string, split: string | undefined, location: string): Promise<FolderDescriptor> {
  const root = await rootOf(path, split, location);
  const found: Found = { images: [], otherExtensions: new Set() };
  await collect(root, "", [await realpath(root)], found);
  if (found.images.length === 0) throw noImages(location, found);
  const images = found.images.sort();
  const classOf = (image: string): string | undefined => (image.includes("/") ? image.slice(0, image.indexOf("/")) : undefined);
  const classes = [...new Set(images.map(classOf))].filter((name) => name !== undefined).sort();
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const labels = sharedInt32(images.map((image) => numbers.get(classOf(image) ?? "") ?? -1));
  return { kind: "folder", location, root, paths: packStrings(images), labels, ...(classes.length === 0 ? {} : { classes }) };
}

/** The images of a folder that was looked through before. */
export function folderDataset(descriptor: FolderDescriptor): ImageDataset {
  const { kind, location, root, paths, labels, classes } = descriptor;
  const keyOf = (index: number): string => stringAt(paths, index);
  return {
    location,
    kind,
    length: labels.length,
    ...(classes === undefined ? {} : { classes }),
    keyOf,
    labelOf: (index) => labels[index]!,
    // Waits for the disk, like the reader of shards: see there.
    read: async (index) => decodeImage(readFileSync(join(root, keyOf(index)))),
    readEncoded: async (index) => {
      const key = keyOf(index);
      return Promise.resolve({ bytes: readFileSync(join(root, key)), extension: extensionOf(key) });
    },
    descriptor,
    close: () => Promise.resolve(),
  };
}
