/** The binary version of CIFAR-10 and CIFAR-100 (www.cs.toronto.edu/~kriz/cifar.html): labels, then the red, green and blue plane. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { classNames } from "./class-names.js";
import { positionedFiles } from "./positioned-files.js";
import { type RecordFile, recordFile, recordLength, type RecordLayout, type RecordsDescriptor } from "./records.js";
import { sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";

interface Variant {
  readonly source: "cifar10" | "cifar100";
  readonly files: RegExp;
  /** Whether files with such names are the version for Python, which is of no use here. */
  readonly isPython: (names: readonly string[]) => boolean;
  readonly archive: string;
  readonly layout: RecordLayout;
  /** Where the label stands in a record. CIFAR-100 has the coarse one before it. */
  readonly labelAt: number;
  readonly classes: number;
  readonly names: string;
}

const image = { width: 32, height: 32, channels: 3, planes: "rows" } as const;

const cifar10: Variant = {
  source: "cifar10",
  files: /^(data_batch_\d+|test_batch)\.bin$/,
  isPython: (names) => names.some((name) => /^(data_batch_\d|test_batch|batches\.meta)$/.test(name)),
  archive: "cifar-10-binary.tar.gz",
  layout: { ...image, headerLength: 1 },
  labelAt: 0,
  classes: 10,
  names: "batches.meta.txt",
};

const cifar100: Variant = {
  source: "cifar100",
  files: /^(train|test)\.bin$/,
  isPython: (names) => names.includes("meta") && names.includes("train"),
  archive: "cifar-100-binary.tar.gz",
  layout: { ...image, headerLength: 2 },
  labelAt: 1,
  classes: 100,
  names: "fine_label_names.txt",
};

/** The CIFAR that files with such names are, if they are one. */
export const cifarOf = (names: readonly string[]): Variant["source"] | undefined =>
  [cifar10, cifar100].find(({ files, isPython }) => names.some((name) => files.test(name)) || isPython(names))?.source;

/** Records read at a time while labels are looked at. */
const RECORDS_AT_A_TIME = 256;

function labelsIn(files: readonly RecordFile[], { layout, labelAt, classes }: Variant): Int32Array {
  const length = recordLength(layout);
  const open = positionedFiles(files.map(({ path }) => path));
  const labels: number[] = [];
  try {
    for (const [file, { path, count }] of files.entries()) {
      for (let record = 0; record < count; record += RECORDS_AT_A_TIME) {
        const bytes = open.read(file, record * length, Math.min(RECORDS_AT_A_TIME, count - record) * length);
        for (let at = labelAt; at < bytes.length; at += length) {
          const label = bytes[at]!;
          if (label >= classes) {
            throw new ConfigError({
              package: "data",
              what: path,
              expected: `a class from 0 to ${classes - 1} at byte ${record * length + at}`,
              received: String(label),
              fix: "The file is damaged, or of another kind: copy or download it again.",
            });
          }
          labels.push(label);
        }
      }
    }
  } finally {
    open.close();
  }
  return sharedInt32(labels);
}

async function filesAt(path: string, split: string | undefined, location: string, variant: Variant): Promise<string[]> {
  const isFolder = (await stat(path)).isDirectory();
  const names = isFolder ? await readdir(path) : [basename(path)];
  const binaries = isFolder ? names.filter((name) => variant.files.test(name)).sort() : names.filter((name) => name.endsWith(".bin"));
  if (binaries.length > 0) {
    const chosen = chooseSplit(location, binaries, split, (name) => (name.startsWith("test") ? "test" : "train"));
    return chosen.map((name) => (isFolder ? join(path, name) : path));
  }
  const isPython = variant.isPython(names);
  throw new ConfigError({
    package: "data",
    what: location,
    expected: `the binary version (${variant.archive}), with files such as ${variant.source === "cifar10" ? "data_batch_1.bin" : "train.bin"}`,
    received: isPython ? "the version for Python, whose files are pickles" : "none of its files",
    ...(isPython ? { fix: "A pickle can run any code when it is opened: download the binary version from the same page." } : {}),
  });
}

async function indexCifar(path: string, split: string | undefined, location: string, variant: Variant): Promise<RecordsDescriptor> {
  const paths = await filesAt(path, split, location, variant);
  const files = paths.map((file) => recordFile(file, variant.layout));
  const classes = classNames(join(dirname(paths[0]!), variant.names), variant.classes);
  const { source, layout } = variant;
  return { kind: "records", source, location, files, layout, labels: labelsIn(files, variant), ...(classes === undefined ? {} : { classes }) };
}

/** Finds CIFAR-10's files in a folder, or takes one of them; reads the labels only. */
export const indexCifar10 = (path: string, split: string | undefined, location: string): Promise<RecordsDescriptor> =>
  indexCifar(path, split, location, cifar10);

/** As {@link indexCifar10}, for CIFAR-100 with its 100 fine labels. */
export const indexCifar100 = (path: string, split: string | undefined, location: string): Promise<RecordsDescriptor> =>
  indexCifar(path, split, location, cifar100);
