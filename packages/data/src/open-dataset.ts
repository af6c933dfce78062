import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { ConfigError, nearest } from "@ssl-vit/core";
import { cifarOf, indexCifar10, indexCifar100 } from "./cifar.js";
import { imageExtensions } from "./decode-image.js";
import { type DatasetDescriptor, describedDataset } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import { indexFolder } from "./image-folder.js";
import { isMnistImages, readMnist } from "./mnist.js";
import { isNumpyFile, readNumpy } from "./npz.js";
import { indexParquet, isParquetFile } from "./parquet.js";
import { isShardPattern } from "./shard-paths.js";
import { indexStl10, isStlImages } from "./stl10.js";
import { indexWebDataset } from "./webdataset.js";

type Index = (path: string, split: string | undefined, location: string) => Promise<DatasetDescriptor>;

const kinds = {
  folder: indexFolder,
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

const isKind = (name: string): name is Kind => name in kinds;

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

/** The kind of data that files with such names are. Beside images, tables and arrays are taken for notes on them. */
function kindOfFiles(names: readonly string[]): Kind | undefined {
  if (names.some((name) => name.endsWith(".tar"))) return "webdataset";
  if (names.some(isMnistImages)) return "mnist";
  if (names.some((name) => imageExtensions.includes(extname(name).slice(1).toLowerCase()))) return undefined;
  if (names.some(isStlImages)) return "stl10";
  if (names.some(isParquetFile)) return "parquet";
  if (names.some(isNumpyFile)) return "npz";
  return cifarOf(names);
}

/** What lies at a path, found out by looking. */
async function kindOf(path: string, location: string): Promise<Kind> {
  if (isShardPattern(path)) return "webdataset";
  if ((await stat(path)).isDirectory()) {
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
    const files = entries.filter((entry) => !entry.isDirectory());
    const kind = kindOfFiles(files.map(({ name }) => name)) ?? "folder";
    return kind === "npz" && files.length < entries.length ? "folder" : kind;
  }
  const kind = kindOfFiles([basename(path)]);
  if (kind !== undefined) return kind;
  const isCompressed = /\.(tar\.\w+|tgz)$/.test(path);
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "a folder, a .tar shard, an IDX file, .npz, .npy, .parquet, or a binary file of CIFAR or STL-10",
    received: `a file named ${basename(path)}`,
    ...(isCompressed ? { fix: "Decompress it: images cannot be read in any order from a compressed archive." } : {}),
  });
}

/**
 * Opens a data set of images and looks for its images once.
 *
 * @param location a folder of images (class folders or flat), a `.tar` shard, a folder of shards or a pattern like
 * `shard-{000000..000004}.tar`; MNIST's IDX files; the binary files of CIFAR-10, CIFAR-100 or STL-10; `.npz`, `.npy` or `.parquet` files. What
 * it is is found out by looking, or said outright: `webdataset:PATH`. `PATH#train`, `#val`, `#test` or `#unlabeled` chooses where one path
 * holds several splits.
 * @throws ConfigError when there is nothing, nothing readable or no image, or when a split has to be chosen
 */
export async function openDataset(location: string): Promise<ImageDataset> {
  const { kind, path, split } = parse(location);
  try {
    return describedDataset(await kinds[kind ?? (await kindOf(path, location))](path, split, location));
  } catch (error) {
    const { code, path: where, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code === "ENOENT") throw await missing(where ?? path);
    throw new ConfigError({ package: "data", what: where ?? path, expected: "a readable file or folder", received: message }, { cause: error });
  }
}
