/** NumPy's archives of arrays (`numpy.savez`), named as MedMNIST, Keras or NumPy name them; and single arrays of images. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { readNpyImages, readNpyLabels } from "./npy.js";
import type { PixelDescriptor } from "./pixel-dataset.js";
import { fileBytes, type SequentialReader, sequentialReader } from "./sequential-reader.js";
import { noLabels, sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";
import { type ZipMember, zipMembers } from "./zip-members.js";

const imageWords = ["images", "image", "imgs", "img", "data", "x"];
const labelWords = ["labels", "label", "targets", "target", "y"];

const ARRAY = /\.npy$/i;

interface Named {
  readonly member: ZipMember;
  readonly name: string;
  /** The name without the word that says what the array holds: `train` of `train_images`. */
  readonly rest: string;
}

/** The arrays whose names have one of the words. */
function named(members: readonly ZipMember[], words: readonly string[]): Named[] {
  return members.flatMap((member) => {
    const name = member.name.replace(ARRAY, "");
    const parts = name.toLowerCase().split(/[^a-z0-9]+/);
    const word = parts.find((part) => words.includes(part));
    return word === undefined ? [] : [{ member, name, rest: parts.filter((part) => part !== word).join("_") }];
  });
}

const called = (members: readonly ZipMember[], name: string): Named[] =>
  members.filter((member) => member.name === `${name}.npy`).map((member) => ({ member, name, rest: "" }));

/** The array with the images of a split, and that with their labels. */
function chooseArrays(members: readonly ZipMember[], split: string | undefined, location: string): { images: ZipMember; labels?: ZipMember } {
  const arrays = members.filter(({ name }) => ARRAY.test(name));
  const [byWord, numbered] = [named(arrays, imageWords), called(arrays, "arr_0")];
  const [images, labels] = byWord.length > 0 ? [byWord, named(arrays, labelWords)] : [numbered, called(arrays, "arr_1")];
  const only = images.length === 0 && arrays.length === 1 ? arrays[0] : undefined;
  if (only !== undefined && split === undefined) return { images: only };
  const chosen = images.length === 0 ? [] : chooseSplit(location, images.map(({ name }) => name), split);
  const [first] = images.filter(({ name }) => chosen.includes(name));
  if (first !== undefined && chosen.length === 1) {
    const own = labels.find(({ rest }) => rest === first.rest);
    return { images: first.member, ...(own === undefined ? {} : { labels: own.member }) };
  }
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "one array of images: train_images, x_train, images, x or arr_0 (labels beside it: train_labels, y_train, labels, y or arr_1)",
    received: chosen.length > 1 ? chosen.join(", ") : arrays.map(({ name }) => name.replace(ARRAY, "")).join(", ") || "no arrays",
  });
}

async function reading<Result>(chunks: AsyncIterable<Uint8Array>, read: (reader: SequentialReader) => Promise<Result>): Promise<Result> {
  const reader = sequentialReader(chunks);
  try {
    return await read(reader);
  } finally {
    await reader.close();
  }
}

/** True for a file of NumPy's. */
export const isNumpyFile = (name: string): boolean => /\.npz$/i.test(name) || ARRAY.test(name);

/** The file at a path: itself, or the one of the split in a folder. */
async function fileAt(path: string, split: string | undefined, location: string): Promise<{ path: string; split?: string }> {
  if (!(await stat(path)).isDirectory()) return { path, ...(split === undefined ? {} : { split }) };
  const names = (await readdir(path)).filter(isNumpyFile).sort();
  // The split is chosen among files where there are several, and within the file where there is one.
  const [name, ...others] = names.length > 1 ? chooseSplit(location, names, split) : names;
  if (name !== undefined && others.length === 0) return { path: join(path, name), ...(split === undefined || names.length > 1 ? {} : { split }) };
  throw new ConfigError({
    package: "data",
    what: location,
    expected: "one .npz or .npy file, or one each of train, val and test",
    received: name === undefined ? "none" : [name, ...others].join(", "),
    ...(name === undefined ? {} : { fix: `Name the file: ${join(path, name)}.` }),
  });
}

/** Reads the images and, where there are any, their labels into memory. `path` is an `.npz` or `.npy` file, or a folder with one. */
export async function readNumpy(givenPath: string, givenSplit: string | undefined, location: string): Promise<PixelDescriptor> {
  const { path, split } = await fileAt(givenPath, givenSplit, location);
  if (ARRAY.test(path)) {
    chooseSplit(location, [path], split);
    const { size } = await stat(path);
    const { count, ...images } = await reading(fileBytes(path), (reader) => readNpyImages(reader, size, path));
    return { kind: "pixels", source: "npy", location, ...images, labels: noLabels(count) };
  }
  const arrays = chooseArrays(await zipMembers(path), split, location);
  const whatOf = ({ name }: ZipMember): string => `${path}, array "${name.replace(ARRAY, "")}"`;
  const { count, ...images } = await reading(arrays.images.chunks(), (reader) => readNpyImages(reader, arrays.images.size, whatOf(arrays.images)));
  const { labels: member } = arrays;
  const labels = member && (await reading(member.chunks(), (reader) => readNpyLabels(reader, member.size, count, whatOf(member))));
  return {
    kind: "pixels",
    source: "npz",
    location,
    ...images,
    labels: labels instanceof Int32Array ? sharedInt32(labels) : noLabels(count),
    ...(member !== undefined && typeof labels === "string" ? { notes: [`The labels of ${whatOf(member)} are left out: ${labels}.`] } : {}),
  };
}
