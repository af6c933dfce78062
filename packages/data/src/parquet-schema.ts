import type { FileMetaData, SchemaTree } from "hyparquet";
import { parquetMetadata, parquetSchema } from "hyparquet";
import { ConfigError } from "@ssl-vit/core";
import { damagedFile } from "./damaged-file.js";
import type { ReadBytes } from "./parquet-pages.js";

/** A column that is read: its name, and its path to the values. */
export interface ParquetColumn {
  readonly name: string;
  /** With points between: `image.bytes`. */
  readonly path: string;
  readonly maxDefinition: number;
}

/** The columns of a file that matter. */
export interface ParquetColumns {
  readonly image: ParquetColumn;
  readonly label?: ParquetColumn;
  /** Whether labels are texts, which are the names of their classes. */
  readonly hasTextLabels: boolean;
  readonly classes?: readonly string[];
  readonly notes?: readonly string[];
}

const imageNames = ["image", "img", "images", "jpg", "png"];
const labelNames = ["label", "labels", "fine_label", "cls", "class"];

const FOOTER_END = 8;

/** The footer of a file: its schema and where its row groups lie. */
export function readFooter(path: string, size: number, read: ReadBytes): FileMetaData {
  const end = size < FOOTER_END ? undefined : read(size - FOOTER_END, FOOTER_END);
  const mark = end?.toString("latin1", 4);
  if (end === undefined || mark !== "PAR1") {
    if (mark === "PARE") throw new ConfigError({ package: "data", what: path, expected: "a Parquet file in the clear", received: "an encrypted one" });
    throw damagedFile(path, 'a Parquet file, with "PAR1" at its end', `${size} bytes without it`);
  }
  const length = end.readUInt32LE(0) + FOOTER_END;
  if (length > size) throw damagedFile(path, "a footer inside the file", `one of ${length} bytes, of ${size}`);
  try {
    return parquetMetadata(Uint8Array.from(read(size - length, length)), { geoparquet: false });
  } catch (error) {
    throw damagedFile(path, "a Parquet footer", (error as Error).message, error);
  }
}

/** What Hugging Face's `datasets` says of the columns, as far as it is there. */
function featuresOf({ key_value_metadata: entries = [] }: FileMetaData): Readonly<Record<string, { _type?: unknown; names?: unknown } | undefined>> {
  try {
    const stated = JSON.parse(entries.find(({ key }) => key === "huggingface")?.value ?? "{}") as { info?: { features?: unknown } } | null;
    const features = stated?.info?.features;
    return typeof features === "object" && features !== null ? (features as ReturnType<typeof featuresOf>) : {};
  } catch {
    return {};
  }
}

/** The column's values, when a row has one of them at most: a leaf, or the leaf `bytes` of a struct. */
function columnOf(tree: SchemaTree, isWanted: (leaf: SchemaTree) => boolean, member?: string): ParquetColumn | undefined {
  const leaf = tree.children.length === 0 ? tree : tree.children.find(({ element }) => element.name === member);
  if (leaf === undefined || leaf.children.length > 0 || !isWanted(leaf)) return undefined;
  const elements = leaf === tree ? [tree.element] : [tree.element, leaf.element];
  if (elements.some(({ repetition_type }) => repetition_type === "REPEATED")) return undefined;
  const maxDefinition = elements.filter(({ repetition_type }) => repetition_type !== "REQUIRED").length;
  return { name: tree.element.name, path: leaf.path.join("."), maxDefinition };
}

const isText = ({ converted_type, logical_type }: SchemaTree["element"]): boolean => converted_type === "UTF8" || logical_type?.type === "STRING";
const isBinary = ({ element }: SchemaTree): boolean => element.type === "BYTE_ARRAY" && !isText(element);
const isTextLeaf = ({ element }: SchemaTree): boolean => element.type === "BYTE_ARRAY" && isText(element);
const isInteger = ({ element }: SchemaTree): boolean =>
  (element.type === "INT32" || element.type === "INT64") && !["DECIMAL", "DATE", "TIME_MILLIS", "TIMESTAMP_MILLIS"].includes(element.converted_type ?? "");

/** Those whose names come first, in this order; a Hugging Face feature of the type before them. */
function preferred(columns: readonly ParquetColumn[], names: readonly string[], isFeature: (name: string) => boolean): ParquetColumn | undefined {
  const byName = (candidates: readonly ParquetColumn[]): ParquetColumn | undefined =>
    names.map((name) => candidates.find((column) => column.name === name)).find((column) => column !== undefined);
  const features = columns.filter(({ name }) => isFeature(name));
  return byName(features) ?? features[0] ?? byName(columns);
}

/**
 * Finds the column with the images (`image`, `img` or the only one with bytes; a struct's `bytes`), that with labels (integers, or texts where there are none), and the class names.
 *
 * @throws ConfigError when there is no column of images, or several without such a name
 */
export function findColumns(path: string, metadata: FileMetaData): ParquetColumns {
  const { children } = parquetSchema(metadata);
  const features = featuresOf(metadata);
  const isFeature = (type: string) => (name: string) => features[name]?._type === type;
  const binaries = children.map((child) => columnOf(child, isBinary, "bytes")).filter((column) => column !== undefined);
  const image = preferred(binaries, imageNames, isFeature("Image")) ?? (binaries.length === 1 ? binaries[0] : undefined);
  if (image === undefined) {
    throw new ConfigError({
      package: "data",
      what: path,
      expected: 'a column "image" or "img" with image files, as bytes or as {bytes, path}',
      received: `columns ${children.map(({ element }) => element.name).join(", ")}`,
      ...(binaries.length > 1 ? { fix: `Several hold bytes (${binaries.map(({ name }) => name).join(", ")}): rename one.` } : {}),
    });
  }
  const integers = children.map((child) => columnOf(child, isInteger)).filter((column) => column !== undefined);
  const number = preferred(integers, labelNames, isFeature("ClassLabel"));
  const texts = children.map((child) => columnOf(child, isTextLeaf)).filter((column) => column !== undefined);
  const label = number ?? preferred(texts, labelNames, () => false);
  const names = label === undefined ? undefined : features[label.name]?.names;
  const other = label === undefined ? children.find(({ element }) => labelNames.includes(element.name)) : undefined;
  return {
    image,
    ...(label === undefined ? {} : { label }),
    hasTextLabels: number === undefined && label !== undefined,
    ...(Array.isArray(names) && names.every((name) => typeof name === "string") ? { classes: names } : {}),
    ...(other === undefined ? {} : { notes: [`The column "${other.element.name}" is left out: labels are integers or texts.`] }),
  };
}
