import { ConfigError } from "@ssl-vit/core";
import { contentIfThere } from "./open-file.js";

/**
 * Reads a file with one class name a line, which data sets lay beside their images.
 *
 * @returns undefined when there is no such file
 * @throws ConfigError when it has another number of names
 */
export function classNames(path: string, count: number): readonly string[] | undefined {
  const text = contentIfThere(path)?.toString();
  if (text === undefined) return undefined;
  const names = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  if (names.length === count) return names;
  throw new ConfigError({ package: "data", what: path, expected: `${count} class names, one a line`, received: String(names.length) });
}
