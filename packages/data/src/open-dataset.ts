import { existsSync } from "node:fs";
import { opendir, readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ConfigError, nearest } from "@ssl-vit/core";
import { type DatasetDescriptor, describedDataset } from "./described-dataset.js";
import type { ImageDataset } from "./image-dataset.js";
import { indexFolder } from "./image-folder.js";
import { indexList } from "./image-list.js";
import { isImageName } from "./image-name.js";
import { isMnistImages, readMnist } from "./mnist.js";
import { isShardPattern } from "./shard-paths.js";
import { indexWebDataset } from "./webdataset.js";

type Index = (path: string, split: string | undefined, location: string) => Promise<DatasetDescriptor>;

const kinds = { folder: indexFolder, list: indexList, webdataset: indexWebDataset, mnist: readMnist } as const satisfies Record<string, Index>;
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

/** The names in a folder but those of images, of which there may be a million. */
async function namesBesideImages(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(path, { bufferSize: 1024 })) if (!isImageName(name)) names.push(name);
  return names;
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
  if ((await stat(path)).isDirectory()) {
    const names = await namesBesideImages(path);
    if (names.some((name) => name.endsWith(".tar"))) return "webdataset";
    return names.some(isMnistImages) ? "mnist" : "folder";
  }
  if (path.endsWith(".tar")) return "webdataset";
  if (path.toLowerCase().endsWith(".txt")) return "list";
  if (isMnistImages(path)) return "mnist";
  const isCompressed = /\.(tar\.\w+|tgz)$/.test(path);
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "a folder, a .tar shard, a list (.txt) or an IDX file",
    received: `a file named ${basename(path)}`,
    ...(isCompressed ? { fix: "Decompress it: images cannot be read in any order from a compressed archive." } : {}),
  });
}

/**
 * Opens a data set of images and looks for its images once.
 *
 * @param location a folder of images (class folders or flat), a list of images (`.txt`), a `.tar` shard, a folder of shards or a pattern like
 * `shard-{000000..000004}.tar`, a folder with MNIST's IDX files. What it is is found out by looking, or said outright: `webdataset:PATH`.
 * `PATH#train`, `#val` or `#test` chooses where one path holds several splits.
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
