import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { pipeline } from "node:stream/promises";
import { ConfigError } from "@ssl-vit/core";
import sharp from "sharp";
import { type Pack, pack } from "tar-stream";
import type { EncodedImage, ImageDataset } from "./image-dataset.js";

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

/** Where the shards' numbers stand in a name: at `%06d`, or before its ending. */
function shardNames(pattern: string): (shard: string) => string {
  const { dir, name, ext } = parse(pattern);
  if (ext !== ".tar") throw new ConfigError({ package: "data", what: "out", expected: "a name that ends in .tar, such as shards/train.tar or shards/train-%06d.tar", received: pattern });
  const [before, after] = name.includes("%06d") ? (name.split("%06d") as [string, string]) : [`${name}-`, ""];
  return (shard) => join(dir, `${before}${shard}${after}${ext}`);
}

/** A key that WebDataset reads back as one: the path without its ending, and without dots in its last part. */
function keysOf(data: ImageDataset): (index: number) => string {
  const used = new Set<string>();
  return (index) => {
    const { dir, name } = parse(data.keyOf(index));
    const last = name.replaceAll(".", "_").replace(/^_+/, "") || number(index);
    const plain = dir === "" ? last : `${dir.replace(/^\/+/, "")}/${last}`;
    const key = used.has(plain) ? `${plain}-${index}` : plain;
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
  return data.readEncoded(index);
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

/**
 * Writes a data set as WebDataset shards in its order: image files as they are, plain pixels as PNG, labels as `.cls`. Each shard is written beside
 * and renamed when it is whole. Images that cannot be read are left out and told of.
 *
 * @param pattern `shards/train.tar` becomes `shards/train-000000.tar` …; `%06d` puts the number elsewhere
 * @throws ConfigError for another ending, or when the first shard is there and `overwrite` is not given; Error when no image can be read, or for a disk that is full
 */
export async function convertToShards(data: ImageDataset, pattern: string, options: ConvertOptions = {}): Promise<ConvertedShards> {
  const { imagesPerShard = 10_000, overwrite = false, onProgress, onSkip, signal } = options;
  const nameOf = shardNames(pattern);
  if (!(Number.isInteger(imagesPerShard) && imagesPerShard > 0)) {
    throw new ConfigError({ package: "data", what: "imagesPerShard", expected: "a whole number of at least 1", received: String(imagesPerShard) });
  }
  if (!overwrite && existsSync(nameOf(number(0)))) {
    throw new ConfigError({ package: "data", what: "out", expected: "new shards", received: `${nameOf(number(0))}, which exists`, fix: "Name others, or overwrite them (--overwrite)." });
  }
  await mkdir(dirname(nameOf("")), { recursive: true });
  const keyOf = keysOf(data);
  let [index, shards, images] = [0, 0, 0];

  /** Adds images until the shard is full or there are no more. */
  async function fill(archive: Pack): Promise<void> {
    for (let inShard = 0; inShard < imagesPerShard && index < data.length; index++) {
      signal?.throwIfAborted();
      try {
        const { bytes, extension } = await fileOf(data, index);
        const key = keyOf(index);
        await addEntry(archive, `${key}.${extension}`, bytes);
        if (data.labelOf(index) >= 0) await addEntry(archive, `${key}.cls`, String(data.labelOf(index)));
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
      const path = nameOf(number(shards));
      const archive = pack();
      written.push(`${path}.tmp`);
      const before = images;
      await Promise.all([pipeline(archive, createWriteStream(`${path}.tmp`)), fill(archive).catch((error: unknown) => { archive.destroy(error as Error); throw error; })]);
      if (images === before) break; // Only broken images were left.
      await rename(`${path}.tmp`, path);
      written.pop();
      shards++;
    }
  } finally {
    for (const path of written) await rm(path, { force: true });
  }
  if (images === 0) throw new Error(`[@ssl-vit/data] ${data.location}: expected an image that can be read, received none among ${data.length}.`);
  const range = shards === 1 ? number(0) : `{${number(0)}..${number(shards - 1)}}`;
  return { pattern: nameOf(range), shards, images, skipped: data.length - images };
}
