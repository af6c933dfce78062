import { isAbsolute, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { decodeImage, imageExtensions } from "./decode-image.js";
import type { ImageDataset } from "./image-dataset.js";
import { extensionOf } from "./image-name.js";
import { type BytePath, bytePathOf, type FolderListing, folderInside, listFolder, type OpenFolder, openFolder, REMEMBERED_ENDINGS, textOf } from "./list-folder.js";
import { readWholeFile } from "./read-whole-file.js";
import { noLabels } from "./shared-array.js";
import { chooseSplit, isSplitFolder } from "./split.js";
import { bytesAt, stringAt, type StringTable, type StringTableBuilder, stringTableBuilder } from "./string-table.js";

/** Images as files: where each lies, and its class. */
export interface FolderDescriptor {
  readonly kind: "folder";
  /** What the data set says its kind is: the files below a folder, or those that a list names. */
  readonly source: "folder" | "list";
  readonly location: string;
  readonly root: string;
  /** Below the root, with `/` on every system; a list may also name files elsewhere, by absolute paths. */
  readonly paths: StringTable;
  readonly labels: Int32Array;
  readonly classes?: readonly string[];
}

/** The images of a class, or those beside the folders: up to where they reach in the table of all paths. */
interface Section {
  readonly name: BytePath | undefined;
  readonly end: number;
}

interface Found {
  readonly paths: StringTableBuilder;
  readonly sections: Section[];
  readonly otherExtensions: Set<string>;
}

/** Collects the images below a folder in the order of their paths. In memory are the names in a folder and in those around it. */
async function collect(folder: OpenFolder, listing: FolderListing, below: BytePath, found: Found): Promise<void> {
  for (const ending of listing.otherExtensions) if (found.otherExtensions.size < REMEMBERED_ENDINGS) found.otherExtensions.add(ending);
  for (const entry of listing.names) {
    if (!entry.endsWith("/")) {
      found.paths.add(below + entry, "latin1");
      continue;
    }
    const name = entry.slice(0, -1);
    const { length } = found.paths;
    if (below === "") found.sections.push({ name: undefined, end: length });
    const inside = folderInside(folder, listing, name);
    await collect(inside, await listFolder(inside), below + entry, found);
    if (below === "" && found.paths.length > length) found.sections.push({ name, end: found.paths.length });
  }
}

/** Class numbers follow the order of the names, which is not that of the paths: `a-b/1.png` comes before `a/1.png`. */
function labelled({ paths, sections }: Found): Pick<FolderDescriptor, "labels" | "classes"> {
  const names = sections.flatMap(({ name }) => name ?? []).sort();
  const numbers = new Map(names.map((name, number) => [name, number]));
  const labels = noLabels(paths.length);
  let start = 0;
  for (const { name, end } of sections) {
    if (name !== undefined) labels.fill(numbers.get(name)!, start, end);
    start = end;
  }
  return { labels, ...(names.length === 0 ? {} : { classes: names.map(textOf) }) };
}

function noImages(location: string, { otherExtensions }: Found): ConfigError {
  const seen = [...otherExtensions].sort().slice(0, 5);
  return new ConfigError({
    package: "data",
    what: location,
    expected: `a folder with images (${imageExtensions.join(", ")})`,
    received: seen.length === 0 ? "a folder without files" : `only other files (${seen.map((ending) => (ending === "" ? "no ending" : `.${ending}`)).join(", ")})`,
    fix: "Other data that can be read: lists, .tar shards, IDX, .npz, .npy and .parquet files, the binary files of CIFAR and STL-10.",
  });
}

/**
 * Finds the images of a folder, in the order of the bytes of their paths: the same order on every file system, and for UTF-8 that of the code
 * points (as Python's `sorted`).
 *
 * @throws ConfigError when there are none, or when a folder cannot be read
 */
export async function indexFolder(path: string, split: string | undefined, location: string): Promise<FolderDescriptor> {
  let root = path;
  let folder = await openFolder(bytePathOf(path));
  let listing = await listFolder(folder);
  const splits = listing.names.filter((name) => name.endsWith("/") && isSplitFolder(name.slice(0, -1))).map((name) => name.slice(0, -1));
  const [chosen] = chooseSplit(location, splits, split);
  if (split !== undefined && chosen !== undefined) {
    root = join(path, chosen);
    folder = folderInside(folder, listing, chosen);
    listing = await listFolder(folder);
  }
  const found: Found = { paths: stringTableBuilder(), sections: [], otherExtensions: new Set() };
  await collect(folder, listing, "", found);
  if (found.paths.length === 0) throw noImages(location, found);
  return { kind: "folder", source: "folder", location, root, paths: found.paths.build(), ...labelled(found) };
}

/** The images of a folder that was looked through before, or of a list. */
export function folderDataset(descriptor: FolderDescriptor): ImageDataset {
  const { source, location, root, paths, labels, classes } = descriptor;
  const before = Buffer.from(`${root}/`);

  /** As bytes, because a name need not be UTF-8. */
  function pathOf(index: number): Buffer {
    const path = bytesAt(paths, index);
    return isAbsolute(path.toString()) ? Buffer.from(path) : Buffer.concat([before, path]);
  }

  const keyOf = (index: number): string => stringAt(paths, index);
  return {
    location,
    kind: source,
    length: labels.length,
    ...(classes === undefined ? {} : { classes }),
    keyOf,
    labelOf: (index) => labels[index]!,
    read: async (index) => decodeImage(readWholeFile(pathOf(index))),
    readEncoded: async (index) => Promise.resolve({ bytes: readWholeFile(pathOf(index)), extension: extensionOf(keyOf(index)) }),
    descriptor,
    close: () => Promise.resolve(),
  };
}
