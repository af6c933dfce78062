/** Parquet files with a column of image files, laid out as Hugging Face's `datasets` writes them, or plainly. */
import { statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import type { RowGroup } from "hyparquet";
import { decodeImage } from "./decode-image.js";
import { encodedExtension } from "./encoded-extension.js";
import type { ImageDataset } from "./image-dataset.js";
import { decodePage, findPages, type ParquetChunk, type ParquetPage, plainByteArrays, plainIntegers, type ReadBytes, readPage } from "./parquet-pages.js";
import { findColumns, type ParquetColumn, type ParquetColumns, readFooter } from "./parquet-schema.js";
import { textOf } from "./list-folder.js";
import { type PositionedFiles, positionedFiles } from "./positioned-files.js";
import { sharedFloat64, sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";

/** The images' pages, decompressed, in shared memory. */
interface PagesInMemory {
  readonly bytes: Uint8Array;
  /** Where each image begins. */
  readonly offsets: Float64Array;
  /** -1 where the row holds none. */
  readonly lengths: Int32Array;
}

/** The images' pages in their files. */
interface PagesInFiles {
  readonly chunks: readonly (ParquetChunk & { readonly file: number })[];
  /** Of each page: its chunk. */
  readonly chunkOf: Int32Array;
  /** Of each page: its place in the chunk. */
  readonly placeOf: Int32Array;
  /** Of each page: its first row. */
  readonly firstRow: Int32Array;
}

/** Images in Parquet files. */
export interface ParquetDescriptor {
  readonly kind: "parquet";
  readonly location: string;
  readonly files: readonly string[];
  /** Of each file: its first row. */
  readonly fileRows: Int32Array;
  readonly labels: Int32Array;
  readonly classes?: readonly string[];
  readonly notes?: readonly string[];
  readonly memory?: PagesInMemory;
  readonly pages?: PagesInFiles;
}

/** Up to this many bytes, decompressed, the images are read into shared memory when a data set is opened. */
const IN_MEMORY = 2 ** 30;

/** Bytes of decompressed pages that a thread keeps. */
const KEPT = 2 ** 26;

/** True for a Parquet file. */
export const isParquetFile = (name: string): boolean => name.toLowerCase().endsWith(".parquet");

async function filesAt(path: string, split: string | undefined, location: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return chooseSplit(location, [path], split);
  const names = (await readdir(path)).filter((name) => isParquetFile(name) && !name.startsWith(".")).sort();
  if (names.length > 0) return chooseSplit(location, names, split).map((name) => join(path, name));
  throw new ConfigError({ package: "data", what: location, expected: "a folder with .parquet files", received: "a folder without any" });
}

const unreadablePages = (what: string, error: unknown): ConfigError =>
  new ConfigError(
    { package: "data", what, expected: "pages that can be read", received: (error as Error).message, fix: "If the file is not damaged, write it again with the defaults of pyarrow or datasets." },
    { cause: error },
  );

/** The first index whose start is above the wanted one, minus one. */
function runOf(starts: Int32Array, wanted: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= wanted) low = middle;
    else high = middle;
  }
  return low;
}

const sizeOf = ({ dictionary, pages }: ParquetChunk): number => pages.reduce((total, page) => total + page.length, dictionary?.length ?? 0);

function pagesOf(column: ParquetColumn, group: RowGroup, read: ReadBytes, fileSize: number): ParquetChunk {
  const stored = group.columns.find(({ meta_data: data }) => data?.path_in_schema.join(".") === column.path);
  if (stored?.meta_data === undefined || stored.file_path !== undefined) throw new Error(`no column ${column.path} in a row group`);
  return findPages(read, stored.meta_data, column.maxDefinition, Number(group.num_rows), fileSize);
}

function labelsOf(chunk: ParquetChunk, read: ReadBytes, classes: number | undefined): number[] {
  const decodePlain = plainIntegers(chunk.type);
  const dictionary = chunk.dictionary && decodePlain(readPage(read, chunk, chunk.dictionary), chunk.dictionary.values);
  const values = chunk.pages.flatMap((page) => decodePage(readPage(read, chunk, page), chunk, page, decodePlain, dictionary));
  return values.map((value) => {
    const label = value ?? -1;
    if (Number.isInteger(label) && label >= -1 && label < (classes ?? 2 ** 31)) return label;
    throw new Error(`the label ${label}${classes === undefined ? "" : ` of ${classes} classes`}`);
  });
}

/** The texts of a column as byte strings (`latin1`). */
function textsOf(chunk: ParquetChunk, read: ReadBytes): (string | undefined)[] {
  const decodePlain = (bytes: Uint8Array, count: number): string[] =>
    plainByteArrays(bytes, count).map((text) => Buffer.from(text.buffer, text.byteOffset, text.length).toString("latin1"));
  const dictionary = chunk.dictionary && decodePlain(readPage(read, chunk, chunk.dictionary), chunk.dictionary.values);
  return chunk.pages.flatMap((page) => decodePage(readPage(read, chunk, page), chunk, page, decodePlain, dictionary));
}

/** Classes by their names, as they are met: a text is a class, and none where it is empty. */
function classNumbering(): { numberOf(name: string | undefined): number; inOrder(labels: readonly number[]): { labels: number[]; classes: string[] } } {
  const met = new Map<string, number>();
  return {
    numberOf: (name = "") => {
      if (name === "") return -1;
      if (!met.has(name)) met.set(name, met.size);
      return met.get(name)!;
    },
    /** Numbered in the order of their bytes, as those of a list. */
    inOrder: (labels) => {
      const names = [...met.keys()].sort();
      const numbers = new Int32Array(names.length);
      names.forEach((name, number) => (numbers[met.get(name)!] = number));
      return { labels: labels.map((label) => numbers[label] ?? -1), classes: names.map(textOf) };
    },
  };
}

interface Indexed {
  readonly columns: ParquetColumns;
  readonly chunks: (ParquetChunk & { file: number })[];
  readonly labels: number[];
  readonly fileRows: number[];
}

/** Reads the footers, the headers of the images' pages, and the labels. */
function indexFiles(files: readonly string[], open: PositionedFiles): Indexed {
  const indexed: Omit<Indexed, "columns"> = { chunks: [], labels: [], fileRows: [] };
  const naming = classNumbering();
  let columns: ParquetColumns | undefined;
  for (const [file, path] of files.entries()) {
    const { size } = statSync(path);
    const read: ReadBytes = (position, length) => open.read(file, position, length);
    const metadata = readFooter(path, size, read);
    let own: ParquetColumns;
    try {
      own = findColumns(path, metadata);
    } catch (error) {
      throw ConfigError.isInstance(error) ? error : unreadablePages(path, error);
    }
    columns ??= own;
    if (own.image.path !== columns.image.path || own.label?.path !== columns.label?.path || own.hasTextLabels !== columns.hasTextLabels || String(own.classes) !== String(columns.classes)) {
      const shown = ({ image, label, hasTextLabels, classes }: ParquetColumns): string => `images in ${image.path}, ${hasTextLabels ? "texts as " : ""}labels in ${label?.path ?? "none"}, ${classes?.length ?? "no"} class names`;
      throw new ConfigError({ package: "data", what: path, expected: `the columns and classes of ${files[0]!} (${shown(columns)})`, received: shown(own) });
    }
    indexed.fileRows.push(indexed.labels.length);
    try {
      for (const group of metadata.row_groups) {
        if (group.num_rows === 0n) continue;
        const chunk = pagesOf(own.image, group, read, size);
        const stored = own.label === undefined ? undefined : pagesOf(own.label, group, read, size);
        const labels = stored && (own.hasTextLabels ? textsOf(stored, read).map((name) => naming.numberOf(name)) : labelsOf(stored, read, own.classes?.length));
        indexed.chunks.push({ ...chunk, file });
        for (let row = 0; row < Number(group.num_rows); row++) indexed.labels.push(labels?.[row] ?? -1);
      }
    } catch (error) {
      throw unreadablePages(path, error);
    }
  }
  if (!columns!.hasTextLabels) return { ...indexed, columns: columns! };
  const { labels, classes } = naming.inOrder(indexed.labels);
  return { ...indexed, labels, columns: { ...columns!, classes } };
}

/** Decompresses all pages into shared memory; images are parts of it. */
function readIntoMemory({ chunks, labels }: Indexed, files: readonly string[], open: PositionedFiles): PagesInMemory {
  const bytes = new Uint8Array(new SharedArrayBuffer(chunks.reduce((total, chunk) => total + sizeOf(chunk), 0)));
  const offsets = sharedFloat64(new Float64Array(labels.length));
  const lengths = sharedInt32(new Int32Array(labels.length).fill(-1));
  let [end, row] = [0, 0];
  for (const chunk of chunks) {
    const keep = (page: ParquetPage): Uint8Array => {
      const content = readPage((position, length) => open.read(chunk.file, position, length), chunk, page);
      const kept = bytes.subarray(end, (end += content.length));
      kept.set(content);
      return kept;
    };
    try {
      const dictionary = chunk.dictionary && plainByteArrays(keep(chunk.dictionary), chunk.dictionary.values);
      for (const page of chunk.pages) {
        for (const image of decodePage(keep(page), chunk, page, plainByteArrays, dictionary)) {
          if (image !== undefined) [offsets[row], lengths[row]] = [image.byteOffset, image.length];
          row++;
        }
      }
    } catch (error) {
      throw unreadablePages(files[chunk.file]!, error);
    }
  }
  return { bytes, offsets, lengths };
}

function listPages({ chunks }: Indexed): PagesInFiles {
  const pages = chunks.flatMap((chunk, number) => chunk.pages.map((page, place) => ({ number, place, values: page.values })));
  let row = 0;
  const firstRow = pages.map(({ values }) => (row += values) - values);
  return {
    chunks,
    chunkOf: sharedInt32(pages.map(({ number }) => number)),
    placeOf: sharedInt32(pages.map(({ place }) => place)),
    firstRow: sharedInt32(firstRow),
  };
}

/**
 * Finds the images of a Parquet file or of a folder of them, in the order of the files' names.
 *
 * Images of up to 1 GB altogether are read into shared memory; of more, only the places of their pages.
 *
 * @param inMemory the limit in bytes
 * @throws ConfigError when a file is damaged, stored in a way that cannot be read, or holds no images
 */
export async function indexParquet(path: string, split: string | undefined, location: string, inMemory = IN_MEMORY): Promise<ParquetDescriptor> {
  const files = await filesAt(path, split, location);
  const open = positionedFiles(files);
  try {
    const indexed = indexFiles(files, open);
    const { columns, chunks, labels, fileRows } = indexed;
    if (labels.length === 0) throw new ConfigError({ package: "data", what: location, expected: "at least one image", received: "no rows" });
    const isSmall = chunks.reduce((total, chunk) => total + sizeOf(chunk), 0) <= inMemory;
    return {
      kind: "parquet",
      location,
      files,
      fileRows: sharedInt32(fileRows),
      labels: sharedInt32(labels),
      ...(columns.classes === undefined ? {} : { classes: columns.classes }),
      ...(columns.notes === undefined ? {} : { notes: columns.notes }),
      ...(isSmall ? { memory: readIntoMemory(indexed, files, open) } : { pages: listPages(indexed) }),
    };
  } finally {
    open.close();
  }
}

/** Reads images from memory. The bytes are a copy: decoders take no shared memory. */
function memoryReader({ bytes, offsets, lengths }: PagesInMemory): (row: number) => Uint8Array | undefined {
  return (row) => (lengths[row]! < 0 ? undefined : bytes.slice(offsets[row], offsets[row]! + lengths[row]!));
}

/** Reads images from files, page by page. The last pages are kept: images that lie together are often read together. */
function pageReader(pages: PagesInFiles, files: readonly string[], open: PositionedFiles, limit: number): (row: number) => Uint8Array | undefined {
  const { chunks, chunkOf, placeOf, firstRow } = pages;
  const kept = new Map<number, (Uint8Array | undefined)[]>();
  let keptLength = 0;
  const lengthOf = (page: number): number => chunks[chunkOf[page]!]!.pages[placeOf[page]!]!.length;

  function imagesOf(number: number): (Uint8Array | undefined)[] {
    const found = kept.get(number);
    if (found !== undefined) return found;
    const chunk = chunks[chunkOf[number]!]!;
    const page = chunk.pages[placeOf[number]!]!;
    const read: ReadBytes = (position, length) => open.read(chunk.file, position, length);
    try {
      const isIndirect = page.encoding !== "PLAIN" && chunk.dictionary !== undefined;
      const dictionary = isIndirect ? plainByteArrays(readPage(read, chunk, chunk.dictionary), chunk.dictionary.values) : undefined;
      const images = decodePage(readPage(read, chunk, page), chunk, page, plainByteArrays, dictionary);
      for (const [oldest] of kept) {
        if (keptLength + page.length <= limit) break;
        keptLength -= lengthOf(oldest);
        kept.delete(oldest);
      }
      kept.set(number, images);
      keptLength += page.length;
      return images;
    } catch (error) {
      throw new Error(`${files[chunk.file]!}, page at byte ${page.position}: ${(error as Error).message}`, { cause: error });
    }
  }

  return (row) => {
    const page = runOf(firstRow, row);
    return imagesOf(page)[row - firstRow[page]!];
  };
}

/**
 * The images of Parquet files whose footers were read before. Keys say file and row: `train-00000-of-00003:17`.
 *
 * @param kept bytes of decompressed pages that this thread keeps; the last page stays whatever its size
 */
export function parquetDataset(descriptor: ParquetDescriptor, kept = KEPT): ImageDataset {
  const { kind, location, files, fileRows, labels, classes, notes, memory, pages } = descriptor;
  const open = positionedFiles(files);
  const bytesAt = memory === undefined ? pageReader(pages!, files, open, kept) : memoryReader(memory);
  const bytesOf = (row: number): Uint8Array => {
    const bytes = bytesAt(row);
    if (bytes === undefined) throw new Error("the row holds no bytes of an image");
    return bytes;
  };
  return {
    location,
    kind,
    length: labels.length,
    ...(classes === undefined ? {} : { classes }),
    ...(notes === undefined ? {} : { notes }),
    keyOf: (index) => {
      const file = runOf(fileRows, index);
      return `${basename(files[file]!, extname(files[file]!))}:${index - fileRows[file]!}`;
    },
    labelOf: (index) => labels[index]!,
    read: async (index) => decodeImage(bytesOf(index)),
    readEncoded: async (index) => {
      const bytes = bytesOf(index);
      return Promise.resolve({ bytes, extension: encodedExtension(bytes) });
    },
    ...(pages === undefined ? {} : { runs: pages.firstRow }),
    descriptor,
    close: () => {
      open.close();
      return Promise.resolve();
    },
  };
}
