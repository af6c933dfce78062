import { existsSync } from "node:fs";
import { opendir, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError, nearest } from "@ssl-vit/core";
import { cifarOf, indexCifar10, indexCifar100 } from "./cifar.js";
import { type DatasetDescriptor, describedDataset } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import { indexFolder } from "./image-folder.js";
import { indexList } from "./image-list.js";
import { isImageName } from "./image-name.js";
import { isMnistImages, readMnist } from "./mnist.js";
import { isNumpyFile, readNumpy } from "./npz.js";
import { indexParquet, isParquetFile } from "./parquet.js";
import { isShard, isShardPattern } from "./shard-paths.js";
import { indexStl10, isStlImages } from "./stl10.js";
import { indexWebDataset } from "./webdataset.js";

type Index = (path: string, split: string | undefined, location: string) => Promise<DatasetDescriptor>;

const kinds = {
  folder: indexFolder,
  list: indexList,
  webdataset: indexWebDataset,
  mnist: readMnist,
  idx: readMnist,
  cifar10: indexCifar10,
  cifar100: indexCifar100,
  stl10: indexStl10,
  npz: readNumpy,
  npy: readNumpy,
  parquet: indexParquet,
} as const satisfies Record<string, Index>;
type Kind = keyof typeof kinds;

const isKind = (name: string): name is Kind => Object.hasOwn(kinds, name);

/** `kind:PATH#split`. A path that exists as it is written may contain both signs; one letter before a colon is a Windows drive. */
function parse(location: string): { kind?: Kind; path: string; split?: string } {
  if (existsSync(location)) return { path: location };
  const [, name, rest] = /^(?:([A-Za-z][\w-]+):)?(.*)$/s.exec(location) as unknown as [string, string | undefined, string];
  if (name !== undefined && !isKind(name)) {
    const meant = nearest(name, Object.keys(kinds));
    throw new ConfigError({
      package: "data",
      what: location,
      expected: `a path on this machine, or one of ${Object.keys(kinds).join(", ")} before the colon`,
      received: `"${name}"`,
      ...(meant === undefined ? {} : { fix: `Did you mean "${meant}"?` }),
    });
  }
  const [, path = rest, split] = (existsSync(rest) ? null : /^(.*)#([^#/\\]*)$/s.exec(rest)) ?? [];
  return { path, ...(name === undefined ? {} : { kind: name }), ...(split === undefined ? {} : { split }) };
}

async function missing(path: string): Promise<ConfigError> {
  const siblings = await readdir(dirname(path)).catch(() => []);
  const meant = nearest(basename(path), siblings);
  return new ConfigError({
    package: "data",
    what: path,
    expected: "an existing file or folder",
    received: "nothing there",
    ...(meant === undefined ? {} : { fix: `Did you mean "${meant}"?` }),
  });
}

/** What lies in a folder, without the names of images, of which there may be a million. */
interface FolderContent {
  /** Names of the other files. */
  readonly others: readonly string[];
  readonly hasImages: boolean;
  readonly hasFolders: boolean;
}

async function contentOf(path: string): Promise<FolderContent> {
  const others: string[] = [];
  let [hasImages, hasFolders] = [false, false];
  for await (const entry of await opendir(path, { bufferSize: 1024 })) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) hasFolders = true;
    else if (isImageName(entry.name)) hasImages = true;
    else others.push(entry.name);
  }
  return { others, hasImages, hasFolders };
}

/** The kind of data that files with such names are. */
function kindOfFiles(names: readonly string[]): Kind | undefined {
  if (names.some(isShard)) return "webdataset";
  if (names.some(isMnistImages)) return "mnist";
  if (names.some(isStlImages)) return "stl10";
  if (names.some(isParquetFile)) return "parquet";
  if (names.some(isNumpyFile)) return "npz";
  return cifarOf(names);
}

/** True when one of the folders in a folder has an image. */
async function hasClassFolders(path: string): Promise<boolean> {
  for await (const entry of await opendir(path)) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    for await (const inside of await opendir(join(path, entry.name))) if (isImageName(inside.name)) return true;
  }
  return false;
}

/** What lies in a folder: shards and IDX files, or tables and arrays without images or folders beside them, for which they are taken as notes. */
async function kindOfFolder(path: string, location: string): Promise<Kind> {
  const { others, hasImages, hasFolders } = await contentOf(path);
  const kind = kindOfFiles(others);
  if (kind === "webdataset" && (hasImages || (hasFolders && (await hasClassFolders(path))))) {
    throw new ConfigError({
      package: "data",
      what: location,
      expected: "images or .tar shards",
      received: `both: ${others.find(isShard)!} beside images`,
      fix: `Say which: folder:${location} or webdataset:${location}.`,
    });
  }
  if (kind === undefined || kind === "webdataset" || kind === "mnist") return kind ?? "folder";
  return hasImages || hasFolders ? "folder" : kind;
}

/** Opening a FIFO would wait for somebody who writes into it. */
async function refuseOtherThanFiles(path: string, location: string): Promise<void> {
  const found = await stat(path);
  if (found.isFile() || found.isDirectory()) return;
  throw new ConfigError({ package: "data", what: location, expected: "a file or folder", received: "a socket, FIFO or device" });
}

/** What lies at a path, found out by looking. */
async function kindOf(path: string, location: string): Promise<Kind> {
  if (isShardPattern(path)) return "webdataset";
  if ((await stat(path)).isDirectory()) return kindOfFolder(path, location);
  const kind = kindOfFiles([basename(path)]);
  if (kind !== undefined) return kind;
  if (path.toLowerCase().endsWith(".txt")) return "list";
  const isCompressed = /\.(tar\.\w+|tgz)$/i.test(path);
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "a folder, a .tar shard, a list (.txt), an IDX file, .npz, .npy, .parquet, or a binary file of CIFAR or STL-10",
    received: `a file named ${basename(path)}`,
    ...(isCompressed ? { fix: "Decompress it: images cannot be read in any order from a compressed archive." } : {}),
  });
}

/**
 * Opens a data set of images and looks for its images once.
 *
 * @param location a folder of images (class folders or flat), a list of images (`.txt`), a `.tar` shard, a folder of shards or a pattern like
 * `shard-{000000..000004}.tar`; MNIST's IDX files; the binary files of CIFAR-10, CIFAR-100 or STL-10; `.npz`, `.npy` or `.parquet` files. What
 * it is is found out by looking, or said outright: `webdataset:PATH`. `PATH#train`, `#val`, `#test` or `#unlabeled` chooses where one path
 * holds several splits.
 * @throws ConfigError when there is nothing, nothing readable or no image, or when a split has to be chosen
 */
export async function openDataset(location: string): Promise<ImageDataset> {
  const { kind, path, split } = parse(location);
  try {
    if (!isShardPattern(path)) await refuseOtherThanFiles(path, location);
    return describedDataset(await kinds[kind ?? (await kindOf(path, location))](path, split, location));
  } catch (error) {
    const { code, path: where, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") throw await missing(where ?? path);
    throw new ConfigError({ package: "data", what: where ?? path, expected: "a readable file or folder", received: message }, { cause: error });
  }
}
