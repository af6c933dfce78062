import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import type { RawImage } from "@ssl-vit/augment";
import type { ImageDataset } from "./image-dataset.js";
import { positionedFiles } from "./positioned-files.js";

/** A file of records of one length. */
export interface RecordFile {
  readonly path: string;
  readonly count: number;
}

/** How a record holds its image: bytes, one whole plane a channel. */
export interface RecordLayout {
  /** Bytes before the pixels. */
  readonly headerLength: number;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Whether a plane goes row by row, or column by column. */
  readonly planes: "rows" | "columns";
}

/** Images as records of one length in a few files. */
export interface RecordsDescriptor {
  readonly kind: "records";
  /** What the data set says its kind is. */
  readonly source: string;
  readonly location: string;
  readonly files: readonly RecordFile[];
  readonly layout: RecordLayout;
  readonly labels: Int32Array;
  readonly classes?: readonly string[];
}

export const recordLength = ({ headerLength, width, height, channels }: RecordLayout): number => headerLength + width * height * channels;

/**
 * Counts the records of a file.
 *
 * @throws ConfigError when the file has none, or ends in the middle of one
 */
export function recordFile(path: string, layout: RecordLayout): RecordFile {
  const length = recordLength(layout);
  const { size } = statSync(path);
  const rest = size % length;
  if (size > 0 && rest === 0) return { path, count: size / length };
  throw new ConfigError({
    package: "data",
    what: path,
    expected: `records of ${length} bytes`,
    received: size === 0 ? "an empty file" : `${rest} bytes in place of the record at byte ${size - rest}`,
    fix: "The file is cut off, or of another kind: copy or download it again.",
  });
}

/** [C, Y, X] or [C, X, Y] → [Y, X, C]. */
function interleave(record: Uint8Array, { headerLength, width, height, channels, planes }: RecordLayout): RawImage {
  const size = width * height;
  const [rowStep, columnStep] = planes === "rows" ? [width, 1] : [1, height];
  const data = new Uint8Array(size * channels);
  let place = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let from = headerLength + y * rowStep + x * columnStep;
      for (let channel = 0; channel < channels; channel++, from += size) data[place++] = record[from]!;
    }
  }
  return { width, height, channels, data };
}

/** Images that stay in their files; each is read when it is asked for. Keys say file and record: `data_batch_3:417`. */
export function recordsDataset(descriptor: RecordsDescriptor): ImageDataset {
  const { source, location, files, layout, labels, classes } = descriptor;
  const length = recordLength(layout);
  const open = positionedFiles(files.map(({ path }) => path));

  function placeOf(index: number): [file: number, record: number] {
    let [file, record] = [0, index];
    while (record >= files[file]!.count) record -= files[file++]!.count;
    return [file, record];
  }

  return {
    location,
    kind: source,
    length: labels.length,
    ...(classes === undefined ? {} : { classes }),
    keyOf: (index) => {
      const [file, record] = placeOf(index);
      const { path } = files[file]!;
      return `${basename(path, extname(path))}:${record}`;
    },
    labelOf: (index) => labels[index]!,
    read: async (index) => {
      const [file, record] = placeOf(index);
      return Promise.resolve(interleave(open.read(file, record * length, length), layout));
    },
    descriptor,
    close: () => {
      open.close();
      return Promise.resolve();
    },
  };
}
