/**
 * WebDataset shards: tar archives in which the files of one sample follow each other and share their name up to the first dot
 * (`KEY.jpg`, `KEY.cls`). Format: github.com/webdataset/webdataset.
 */
import { ConfigError } from "@ssl-vit/core";
import { decodeImage, imageExtensions } from "./decode-image.js";
import type { ImageDataset } from "./image-dataset.js";
import { mapInOrder } from "./map-in-order.js";
import { positionedFiles } from "./positioned-files.js";
import { LARGEST_FILE } from "./read-whole-file.js";
import { sharedBytes, sharedFloat64, sharedInt32 } from "./shared-array.js";
import { shardPaths } from "./shard-paths.js";
import { stringAt, type StringTable, stringTableBuilder } from "./string-table.js";
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
  /** Places in `imageExtensions`. */
  readonly extensions: Uint8Array;
  readonly labels: Int32Array;
  readonly classes?: readonly string[];
}

interface Sample {
  readonly key: string;
  image?: { readonly offset: number; readonly size: number; readonly extension: string };
  label: number;
  /** What the class is called. */
  className?: string;
}

/** Shards whose headers are read at a time, for disks that answer late. */
const SHARDS_IN_FLIGHT = 4;

/** Bytes of a label's member that are looked at. */
const LARGEST_CLASS_MEMBER = 1 << 10;
const LARGEST_JSON_MEMBER = 1 << 20;

/** Class numbers above which nobody gives a name to each: a damaged one should not make a list of two billion. */
const MOST_NAMED_CLASSES = 1_000_000;

/** Folder and name up to the first dot; what follows the dot. */
function keyAndExtension(name: string): [key: string, extension: string] {
  const plain = name.replace(/^(\.\/)+/, "");
  const dot = plain.indexOf(".", plain.lastIndexOf("/") + 1);
  return dot === -1 ? [plain, ""] : [plain.slice(0, dot), plain.slice(dot + 1).toLowerCase()];
}

const lastPart = (extension: string): string => extension.slice(extension.lastIndexOf(".") + 1);

async function labelIn(shard: string, member: TarMember): Promise<number> {
  const text = member.size > LARGEST_CLASS_MEMBER ? `${member.size} bytes` : (await member.content()).toString().trim();
  const label = Number(text);
  if (text !== "" && Number.isInteger(label) && label >= 0) return label;
  throw new ConfigError({
    package: "data",
    what: `${shard}, member "${member.name}"`,
    expected: "a class number from 0 on",
    received: JSON.stringify(text.slice(0, 40)),
  });
}

/** The number under `label` and the text under `class` in a JSON member, as far as they are there: such members may hold anything else. */
async function labelInJson(member: TarMember): Promise<Partial<Pick<Sample, "label" | "className">>> {
  if (member.size > LARGEST_JSON_MEMBER) return {};
  try {
    const { label, class: name } = JSON.parse((await member.content()).toString()) as { label?: unknown; class?: unknown };
    return {
      ...(typeof label === "number" && Number.isInteger(label) && label >= 0 ? { label } : {}),
      ...(typeof name === "string" && name !== "" ? { className: name } : {}),
    };
  } catch {
    return {};
  }
}

async function samplesOf(path: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  let current: Sample | undefined;
  for await (const member of tarMembers(path)) {
    const [key, extension] = keyAndExtension(member.name);
    if (key === "" || key.endsWith("/")) continue; // a hidden file
    if (current?.key !== key) {
      current = { key, label: -1 };
      samples.push(current);
    }
    if (extension === "cls") current.label = await labelIn(path, member);
    else if (extension === "json") Object.assign(current, await labelInJson(member));
    else if (imageExtensions.includes(lastPart(extension))) current.image ??= { offset: member.offset, size: member.size, extension: lastPart(extension) };
  }
  return samples;
}

/** The names of the classes, when every image that has a label has one. */
function classNaming(location: string): { add(sample: Sample): void; names(): readonly string[] | undefined } {
  const nameOf = new Map<number, { readonly name: string; readonly key: string }>();
  let isWhole = true;
  return {
    add: ({ key, label, className: name }) => {
      if (label === -1) return;
      isWhole &&= name !== undefined && label < MOST_NAMED_CLASSES;
      if (name === undefined) return;
      const known = nameOf.get(label) ?? { name, key };
      nameOf.set(label, known);
      if (known.name === name) return;
      throw new ConfigError({
        package: "data",
        what: `${location}, class ${label}`,
        expected: `one name, "${known.name}" as of ${known.key}`,
        received: `"${name}" of ${key}`,
        fix: "Shards of data sets with other classes cannot be read as one: convert the images together.",
      });
    },
    // A number that no image has is without a name.
    names: () => (isWhole && nameOf.size > 0 ? Array.from({ length: Math.max(...nameOf.keys()) + 1 }, (_, label) => nameOf.get(label)?.name ?? "") : undefined),
  };
}

/**
 * Reads the headers of all shards, in the order of the shards and of their members. Samples without an image are left out.
 *
 * @throws ConfigError when a shard is cut off, a class has two names, or there is no image
 */
export async function indexWebDataset(path: string, split: string | undefined, location: string): Promise<WebDatasetDescriptor> {
  const shards = await shardPaths(path, split, location);
  const keys = stringTableBuilder();
  const shardOf: number[] = [];
  const offsets: number[] = [];
  const sizes: number[] = [];
  const extensions: number[] = [];
  const labels: number[] = [];
  const naming = classNaming(location);
  let shard = 0;
  for await (const samples of mapInOrder(shards, SHARDS_IN_FLIGHT, samplesOf)) {
    for (const sample of samples) {
      const { key, image, label } = sample;
      if (image === undefined) continue;
      naming.add(sample);
      keys.add(key, "utf8");
      shardOf.push(shard);
      offsets.push(image.offset);
      sizes.push(Math.min(image.size, LARGEST_FILE + 1));
      extensions.push(imageExtensions.indexOf(image.extension));
      labels.push(label);
    }
    shard++;
  }
  if (labels.length === 0) {
    throw new ConfigError({
      package: "data",
      what: location,
      expected: `members named KEY.jpg (or ${imageExtensions.slice(1).join(", ")})`,
      received: `${shards.length} shards without any`,
    });
  }
  const classes = naming.names();
  return {
    kind: "webdataset",
    location,
    ...(classes === undefined ? {} : { classes }),
    shards,
    keys: keys.build(),
    shardOf: sharedInt32(shardOf),
    offsets: sharedFloat64(offsets),
    sizes: sharedInt32(sizes),
    extensions: sharedBytes(Uint8Array.from(extensions)),
    labels: sharedInt32(labels),
  };
}

/** Where the images of each shard begin; a shard without any has none. */
const runsOf = (shardOf: Int32Array): Int32Array => Int32Array.from(shardOf.keys()).filter((index) => index === 0 || shardOf[index] !== shardOf[index - 1]);

/** The images of shards whose headers were read before. */
export function webDataset(descriptor: WebDatasetDescriptor): ImageDataset {
  const { kind, location, shards, keys, shardOf, offsets, sizes, extensions, labels, classes } = descriptor;
  const open = positionedFiles(shards);

  function bytesOf(index: number): Buffer {
    if (sizes[index]! > LARGEST_FILE) throw new Error(`a file of more than ${LARGEST_FILE} bytes`);
    return open.read(shardOf[index]!, offsets[index]!, sizes[index]!);
  }

  return {
    location,
    kind,
    length: labels.length,
    ...(classes === undefined ? {} : { classes }),
    keyOf: (index) => stringAt(keys, index),
    labelOf: (index) => labels[index]!,
    read: async (index) => decodeImage(bytesOf(index)),
    readEncoded: async (index) => Promise.resolve({ bytes: bytesOf(index), extension: imageExtensions[extensions[index]!]! }),
    runs: runsOf(shardOf),
    descriptor,
    close: () => {
      open.close();
      return Promise.resolve();
    },
  };
}
