import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, parse, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { ConfigError, problemMessage } from "@ssl-vit/core";
import sharp from "sharp";
import { type Pack, pack } from "tar-stream";
import { imageExtensions } from "./decode-image.js";
import { encodedExtension } from "./encoded-extension.js";
import type { EncodedImage, ImageDataset } from "./image-dataset.js";

/** Options of {@link convertToShards}. */
export interface ConvertOptions {
  /** Images in a shard. Default 10,000. */
  readonly imagesPerShard?: number;
  /** Replaces shards that exist. */
  readonly overwrite?: boolean;
  /** Told after every image. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of every image that cannot be read, and so is left out. */
  readonly onSkip?: (key: string, reason: string) => void;
  /** When it aborts, what is written is removed and the promise rejects. */
  readonly signal?: AbortSignal;
}

/** What was written. */
export interface ConvertedShards {
  /** The shards as one path: `out/train-{000000..000004}.tar`. */
  readonly pattern: string;
  readonly shards: number;
  readonly images: number;
  readonly skipped: number;
}

const DIGITS = 6;
const number = (shard: number): string => String(shard).padStart(DIGITS, "0");

/** The names of shards, which differ in their numbers. */
interface ShardNames {
  readonly folder: string;
  /** The path of the shard, or of all with `{000000..000004}` in the number's place. */
  readonly of: (shard: string) => string;
  /** The number in a file's name, if it is one of these shards. */
  readonly numberIn: (name: string) => number | undefined;
}

/** Where the shards' numbers stand in a name: at `%06d`, or before its ending. */
function shardNames(pattern: string): ShardNames {
  const refuse = (expected: string): never => {
    throw new ConfigError({ package: "data", what: "out", expected, received: pattern });
  };
  const { dir, name, ext } = parse(pattern);
  if (ext !== ".tar") refuse("a name that ends in .tar, such as shards/train.tar or shards/train-%06d.tar");
  const parts = name.split("%06d");
  if (parts.length > 2 || dir.includes("%06d")) refuse("%06d once at most, in the name of the files");
  const [before, after] = parts.length === 2 ? (parts as [string, string]) : [`${name}-`, ""];
  const end = after + ext;
  return {
    folder: dir === "" ? "." : dir,
    of: (shard) => join(dir, before + shard + end),
    numberIn: (file) => {
      const digits = file.slice(before.length, file.length - end.length);
      return file === before + digits + end && digits.length >= DIGITS && /^\d+$/.test(digits) ? Number(digits) : undefined;
    },
  };
}

/**
 * Keys that WebDataset reads back as one: the path without its ending, and without dots in its last part. What leads out of a folder (`../`, `/`,
 * `C:\`) is left out, so that unpacking the archive stays in its own, and no key is used twice.
 */
function keysOf(data: ImageDataset): (index: number) => string {
  const used = new Set<string>();
  return (index) => {
    const path = data.keyOf(index).replaceAll("\\", "/").replace(/^[A-Za-z]:\//, "");
    const { dir, name } = posix.parse(posix.normalize(`/${path}`).slice(1));
    const last = name.replaceAll(".", "_").replace(/^_+/, "") || number(index);
    const plain = dir === "" ? last : `${dir}/${last}`;
    let key = plain;
    for (let copy = index; used.has(key); copy++) key = `${plain}-${copy}`;
    used.add(key);
    return key;
  };
}

/** Pixels as a PNG file: without loss, 8 or 16 bits. */
async function encodePng(data: ImageDataset, index: number): Promise<EncodedImage> {
  const { width, height, channels, data: pixels } = await data.read(index);
  if (channels !== 1 && channels !== 3) throw new Error(`it has ${channels} channels, and PNG files have 1 or 3`);
  const is16 = pixels instanceof Uint16Array;
  const image = sharp(pixels, { raw: { width, height, channels } });
  const space = channels === 1 ? (is16 ? "grey16" : "b-w") : is16 ? "rgb16" : "srgb" as const;
  return { bytes: await image.toColourspace(space).png().toBuffer(), extension: "png" };
}

/** The image's file as it is, once it was found to be readable, or a PNG of its pixels. */
async function fileOf(data: ImageDataset, index: number): Promise<EncodedImage> {
  if (data.readEncoded === undefined) return encodePng(data, index);
  await data.read(index);
  const { bytes, extension } = await data.readEncoded(index);
  // A list may name files of any ending; shards tell images by theirs.
  return { bytes, extension: imageExtensions.includes(extension) ? extension : encodedExtension(bytes) };
}

/** Adds a file to a tar archive; waits when its reader is slower. */
function addEntry(archive: Pack, name: string, content: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    // A fixed time, so that the same images make the same bytes.
    archive.entry({ name, mtime: new Date(0), mode: 0o644 }, Buffer.from(content), (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The shards of such names that are there. */
async function shardsThere({ folder, numberIn }: ShardNames): Promise<string[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw unwritable(folder, error);
  });
  return files.filter((name) => numberIn(name) !== undefined).sort();
}

const fixes: Readonly<Record<string, string>> = {
  ENOSPC: "Make room, or write elsewhere.",
  EEXIST: "A file is in the place of the folder: write elsewhere.",
  ENOTDIR: "A file is in the place of the folder: write elsewhere.",
  EACCES: "Give yourself the right to write there, or write elsewhere.",
  EROFS: "Nothing can be written there: write elsewhere.",
};

/** The error of a file or folder that cannot be written; other errors as they are. */
function unwritable(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || !Object.hasOwn(fixes, code)) return error;
  return new Error(problemMessage({ package: "data", what: path, expected: code === "ENOSPC" ? "room for a shard" : "a place for shards", received: message, fix: fixes[code]! }), { cause: error });
}

/**
 * Writes a data set as WebDataset shards in its order: image files as they are, plain pixels as PNG, labels as `.cls`, and with the names of their
 * classes, where there are names, as `.json` (`{"label": 2, "class": "eel"}`). Each shard is written beside and renamed when it is whole. Images
 * that cannot be read are left out and told of. Where shards are overwritten, those of the same name beyond the last one are removed at the end.
 *
 * @param pattern `shards/train.tar` becomes `shards/train-000000.tar` …; `%06d` puts the number elsewhere
 * @throws ConfigError for another ending, or when shards of the name are there and `overwrite` is not given; Error when no image can be read, or
 *   for a disk that is full
 */
export async function convertToShards(data: ImageDataset, pattern: string, options: ConvertOptions = {}): Promise<ConvertedShards> {
  const { imagesPerShard = 10_000, overwrite = false, onProgress, onSkip, signal } = options;
  const names = shardNames(pattern);
  if (!(Number.isInteger(imagesPerShard) && imagesPerShard > 0)) {
    throw new ConfigError({ package: "data", what: "imagesPerShard", expected: "a whole number of at least 1", received: String(imagesPerShard) });
  }
  const [there] = await shardsThere(names);
  if (!overwrite && there !== undefined) {
    throw new ConfigError({ package: "data", what: "out", expected: "new shards", received: `${join(names.folder, there)}, which exists`, fix: "Name others, or overwrite them (--overwrite)." });
  }
  await mkdir(names.folder, { recursive: true }).catch((error: unknown) => {
    throw unwritable(names.folder, error);
  });
  const keyOf = keysOf(data);
  let [index, shards, images] = [0, 0, 0];

  async function addImage(archive: Pack): Promise<void> {
    const { bytes, extension } = await fileOf(data, index);
    const [key, label] = [keyOf(index), data.labelOf(index)];
    await addEntry(archive, `${key}.${extension}`, bytes);
    if (label < 0) return;
    await addEntry(archive, `${key}.cls`, String(label));
    const name = data.classes?.[label] ?? "";
    if (name !== "") await addEntry(archive, `${key}.json`, JSON.stringify({ label, class: name }));
  }

  /** Adds images until the shard is full or there are no more. */
  async function fill(archive: Pack): Promise<void> {
    for (let inShard = 0; inShard < imagesPerShard && index < data.length; index++) {
      signal?.throwIfAborted();
      try {
        await addImage(archive);
        inShard++;
        images++;
      } catch (error) {
        if (archive.destroyed) throw error;
        onSkip?.(data.keyOf(index), (error as Error).message);
      }
      onProgress?.(index + 1, data.length);
    }
    archive.finalize();
  }

  const written: string[] = [];
  try {
    while (index < data.length) {
      const path = names.of(number(shards));
      const archive = pack();
      written.push(`${path}.tmp`);
      const before = images;
      const filled = fill(archive).catch((error: unknown) => {
        archive.destroy(error as Error);
        throw error;
      });
      // Of a disk that is full both tell; the file's own error says so.
      for (const outcome of await Promise.allSettled([pipeline(archive, createWriteStream(`${path}.tmp`)), filled])) {
        if (outcome.status === "rejected") throw unwritable(path, outcome.reason);
      }
      if (images === before) break; // Only broken images were left.
      await rename(`${path}.tmp`, path);
      written.pop();
      shards++;
    }
  } finally {
    for (const path of written) await rm(path, { force: true });
  }
  if (images === 0) throw new Error(problemMessage({ package: "data", what: data.location, expected: "an image that can be read", received: `none among ${data.length}` }));
  const stale = (await shardsThere(names)).filter((name) => names.numberIn(name)! >= shards);
  for (const name of stale) await rm(join(names.folder, name));
  const range = shards === 1 ? number(0) : `{${number(0)}..${number(shards - 1)}}`;
  return { pattern: names.of(range), shards, images, skipped: data.length - images };
}
