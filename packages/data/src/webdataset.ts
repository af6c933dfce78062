/**
 * WebDataset shards: tar archives in which the files of one sample follow each other and share their name up to the first dot
 * (`KEY.jpg`, `KEY.cls`). Format: github.com/webdataset/webdataset.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { ConfigError } from "@ssl-vit/core";
import { decodeImage, imageExtensions } from "./decode-image.js";
import { encodedExtension } from "./encoded-extension.js";
import type { ImageDataset } from "./image-dataset.js";
import { sharedFloat64, sharedInt32 } from "./shared-array.js";
import { shardPaths } from "./shard-paths.js";
import { packStrings, stringAt, type StringTable } from "./string-table.js";
import { type TarMember, tarMembers } from "./tar-members.js";

/** Where each image lies in which shard. */
export interface WebDatasetDescriptor {
  readonly kind: "webdataset";
  readonly location: string;
  readonly shards: readonly string[];
  readonly keys: StringTable;
  readonly shardOf: Int32Array;
  readonly offsets: Float64Array;
  readonly sizes: Int32Array;
  readonly labels: Int32Array;
}

interface Sample {
  readonly key: string;
  readonly shard: number;
  image?: { readonly offset: number; readonly size: number };
  label: number;
}

/** Shards that one thread holds open at a time. */
const OPEN_SHARDS = 64;

/** Folder and name up to the first dot; what follows the dot. */
function keyAndExtension(name: string): [key: string, extension: string] {
  const plain = name.replace(/^(\.\/)+/, "");
  const dot = plain.indexOf(".", plain.lastIndexOf("/") + 1);
  return dot === -1 ? [plain, ""] : [plain.slice(0, dot), plain.slice(dot + 1).toLowerCase()];
}

async function labelIn(shard: string, member: TarMember): Promise<number> {
  const text = (await member.content()).toString().trim();
  const label = Number(text);
  if (text !== "" && Number.isInteger(label) && label >= 0) return label;
  throw new ConfigError({
    package: "data",
    what: `${shard}, member "${member.name}"`,
    expected: "a class number from 0 on",
    received: JSON.stringify(text.slice(0, 40)),
  });
}

/** The number under `label` in a JSON member, if there is one: such members may hold anything else. */
async function labelInJson(member: TarMember): Promise<number | undefined> {
  try {
    const { label } = JSON.parse((await member.content()).toString()) as { label?: unknown };
    return typeof label === "number" && Number.isInteger(label) && label >= 0 ? label : undefined;
  } catch {
    return undefined;
  }
}

async function samplesOf(path: string, shard: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  let current: Sample | undefined;
  for await (const member of tarMembers(path)) {
    const [key, extension] = keyAndExtension(member.name);
    if (key === "" || key.endsWith("/")) continue; // a hidden file
    if (current?.key !== key) {
      current = { key, shard, label: -1 };
      samples.push(current);
    }
    if (extension === "cls") current.label = await labelIn(path, member);
    else if (extension === "json") current.label = (await labelInJson(member)) ?? current.label;
    else if (imageExtensions.includes(extension.split(".").at(-1)!)) current.image ??= { offset: member.offset, size: member.size };
  }
  return samples;
}

/**
 * Reads the headers of all shards, in the order of the shards and of their members. Samples without an image are left out.
 *
 * @throws ConfigError when a shard is cut off or there is no image
 */
export async function indexWebDataset(path: string, split: string | undefined, location: string): Promise<WebDatasetDescriptor> {
  const shards = await shardPaths(path, split, location);
  const samples: Required<Sample>[] = [];
  for (const [shard, shardPath] of shards.entries()) {
    for (const sample of await samplesOf(shardPath, shard)) {
      if (sample.image !== undefined) samples.push({ ...sample, image: sample.image });
    }
  }
  if (samples.length === 0) {
    throw new ConfigError({
      package: "data",
      what: location,
      expected: `members named KEY.jpg (or ${imageExtensions.slice(1).join(", ")})`,
      received: `${shards.length} shards without any`,
    });
  }
  return {
    kind: "webdataset",
    location,
    shards,
    keys: packStrings(samples.map(({ key }) => key)),
    shardOf: sharedInt32(samples.map(({ shard }) => shard)),
    offsets: sharedFloat64(samples.map(({ image }) => image.offset)),
    sizes: sharedInt32(samples.map(({ image }) => image.size)),
    labels: sharedInt32(samples.map(({ label }) => label)),
  };
}

/** The images of shards whose headers were read before. */
export function webDataset(descriptor: WebDatasetDescriptor): ImageDataset {
  const { kind, location, shards, keys, shardOf, offsets, sizes, labels } = descriptor;
  const open = new Map<number, number>();

  function fileOf(shard: number): number {
    const opened = open.get(shard);
    if (opened !== undefined) return opened;
    const [oldest] = open;
    if (oldest !== undefined && open.size >= OPEN_SHARDS) {
      open.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    const file = openSync(shards[shard]!, "r");
    open.set(shard, file);
    return file;
  }

  /** Waits for the disk: from memory this takes 3 µs, a way round through Node's thread pool 50, and a worker has nothing else to do. */
  function bytesOf(index: number): Buffer {
    const shard = shardOf[index]!;
    const bytes = Buffer.allocUnsafe(sizes[index]!);
    if (readSync(fileOf(shard), bytes, 0, bytes.length, offsets[index]!) === bytes.length) return bytes;
    throw new Error(`${shards[shard]!} ends before byte ${offsets[index]! + bytes.length}`);
  }

  return {
    location,
    kind,
    length: labels.length,
    keyOf: (index) => stringAt(keys, index),
    labelOf: (index) => labels[index]!,
    read: async (index) => decodeImage(bytesOf(index)),
    readEncoded: async (index) => {
      const bytes = bytesOf(index);
      return Promise.resolve({ bytes, extension: encodedExtension(bytes) });
    },
    descriptor,
    close: () => {
      for (const file of open.values()) closeSync(file);
      open.clear();
      return Promise.resolve();
    },
  };
}
