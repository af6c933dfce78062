import { readFile } from "node:fs/promises";
import { ConfigError } from "@ssl-vit/core";

/**
 * Reads a file with one class name a line, which data sets lay beside their images.
 *
 * @returns undefined when there is no such file
 * @throws ConfigError when it has another number of names
 */
export async function classNames(path: string, count: number): Promise<readonly string[] | undefined> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const names = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  if (names.length === count) return names;
  throw new ConfigError({ package: "data", what: path, expected: `${count} class names, one a line`, received: String(names.length) });
}
