/** STL-10's binary files (cs.stanford.edu/~acoates/stl10): images of 96 x 96 pixels, plane by plane and column by column; labels beside them. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { classNames } from "./class-names.js";
import { contentIfThere } from "./open-file.js";
import { recordFile, type RecordLayout, type RecordsDescriptor } from "./records.js";
import { noLabels, sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";

const IMAGES = /^(train|test|unlabeled)_X\.bin$/;
const CLASSES = 10;
const layout: RecordLayout = { headerLength: 0, width: 96, height: 96, channels: 3, planes: "columns" };

/** True for a file with STL-10's images. */
export const isStlImages = (name: string): boolean => IMAGES.test(name);

/** Bytes 1 to 10, one an image; undefined where there is no such file, as for the unlabeled images. */
function labelsAt(path: string, count: number): Int32Array | undefined {
  const bytes = contentIfThere(path);
  if (bytes === undefined) return undefined;
  const problem = { package: "data", what: path } as const;
  if (bytes.length !== count) throw new ConfigError({ ...problem, expected: `${count} labels, one an image`, received: String(bytes.length) });
  const wrong = bytes.findIndex((label) => label < 1 || label > CLASSES);
  if (wrong !== -1) throw new ConfigError({ ...problem, expected: `a class from 1 to ${CLASSES} at byte ${wrong}`, received: String(bytes[wrong]) });
  return sharedInt32(bytes.map((label) => label - 1));
}

/** Finds the images of a split in a folder, or takes one file of them. Classes count from 0. */
export async function indexStl10(path: string, split: string | undefined, location: string): Promise<RecordsDescriptor> {
  const isFolder = (await stat(path)).isDirectory();
  const [name, ...others] = chooseSplit(location, isFolder ? (await readdir(path)).filter(isStlImages).sort() : [basename(path)], split);
  if (name === undefined || others.length > 0 || (!isFolder && !name.endsWith(".bin"))) {
    throw new ConfigError({
      package: "data",
      what: location,
      expected: "train_X.bin, test_X.bin or unlabeled_X.bin",
      received: name === undefined ? "none of them" : [name, ...others].join(", "),
    });
  }
  const file = recordFile(isFolder ? join(path, name) : path, layout);
  const folder = dirname(file.path);
  const labels = IMAGES.test(name) ? labelsAt(join(folder, name.replace("_X", "_y")), file.count) : undefined;
  const classes = labels === undefined ? undefined : classNames(join(folder, "class_names.txt"), CLASSES);
  return {
    kind: "records",
    source: "stl10",
    location,
    files: [file],
    layout,
    labels: labels ?? noLabels(file.count),
    ...(classes === undefined ? {} : { classes }),
  };
}
