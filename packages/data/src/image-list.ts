import { createReadStream } from "node:fs";
import { dirname } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import type { FolderDescriptor } from "./image-folder.js";
import { textOf } from "./list-folder.js";
import { sharedInt32 } from "./shared-array.js";
import { chooseSplit } from "./split.js";
import { stringTableBuilder } from "./string-table.js";

/** Bytes of a line after which a file is taken for something else. */
const LONGEST_LINE = 1 << 16;
const LARGEST_LABEL = 2 ** 31 - 1;

const BYTE_ORDER_MARK = "\xef\xbb\xbf";

/** The lines of a file as byte strings (`latin1`), as they come from the disk. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = "";
  let isFirst = true;
  for await (const chunk of createReadStream(path, { encoding: "latin1", highWaterMark: 1 << 18 }) as AsyncIterable<string>) {
    if (chunk.includes("\0")) {
      throw new ConfigError({ package: "data", what: path, expected: "a text in UTF-8", received: "bytes of 0, as UTF-16 has them", fix: "Save it as UTF-8." });
    }
    const lines = (rest + (isFirst && chunk.startsWith(BYTE_ORDER_MARK) ? chunk.slice(BYTE_ORDER_MARK.length) : chunk)).split("\n");
    isFirst = false;
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) {
      throw new ConfigError({ package: "data", what: path, expected: "a text with a path on each line", received: `a line of more than ${LONGEST_LINE} bytes` });
    }
    yield* lines;
  }
  yield rest;
}

/** A label as it is written, and the line it was met on first. */
interface WrittenLabel {
  readonly text: string;
  readonly line: number;
}

const isNumber = ({ text }: WrittenLabel): boolean => /^-?\d+$/.test(text);

/** Numbers as they are when all labels are numbers; otherwise names, numbered in their order. */
function classesOf(path: string, written: readonly WrittenLabel[]): { numbers: readonly number[]; classes?: readonly string[] } {
  if (!written.every(isNumber)) {
    const names = written.map(({ text }) => text).sort();
    const places = new Map(names.map((name, place) => [name, place]));
    return { numbers: written.map(({ text }) => places.get(text)!), classes: names.map(textOf) };
  }
  const wrong = written.find(({ text }) => Number(text) < -1 || Number(text) > LARGEST_LABEL);
  if (wrong === undefined) return { numbers: written.map(({ text }) => Number(text)) };
  const expected = `a class number from 0 to ${LARGEST_LABEL}, or -1 for none`;
  throw new ConfigError({ package: "data", what: `${path}, line ${wrong.line}`, expected, received: wrong.text });
}

/**
 * Images that a text file lists in its order: one path a line, relative to the file's folder or absolute, and behind a tab a class number or name
 * where there is one. Lines that are blank or begin with `#` are left out. The files are not looked for: one that is missing is a broken image.
 *
 * @throws ConfigError when there is no path, a class number that is none, or the text is UTF-16
 */
export async function indexList(path: string, split: string | undefined, location: string): Promise<FolderDescriptor> {
  if (split !== undefined) chooseSplit(location, [path], split);
  const paths = stringTableBuilder();
  const written: WrittenLabel[] = [];
  const placeOf = new Map<string, number>();
  const labels: number[] = [];
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    const line = text.endsWith("\r") ? text.slice(0, -1) : text;
    if (line.startsWith("#") || line.trim() === "") continue;
    const tab = line.indexOf("\t");
    const label = tab === -1 ? "" : line.slice(tab + 1).trim();
    if (label !== "" && !placeOf.has(label)) {
      placeOf.set(label, written.length);
      written.push({ text: label, line: number });
    }
    paths.add(tab === -1 ? line : line.slice(0, tab), "latin1");
    labels.push(placeOf.get(label) ?? -1);
  }
  if (paths.length === 0) {
    throw new ConfigError({ package: "data", what: location, expected: "a path on each line", received: `${number} lines without any` });
  }
  const { numbers, classes } = classesOf(path, written);
  return {
    kind: "folder",
    source: "list",
    location,
    root: dirname(path),
    paths: paths.build(),
    labels: sharedInt32(labels.map((place) => numbers[place] ?? -1)),
    ...(classes === undefined ? {} : { classes }),
  };
}
