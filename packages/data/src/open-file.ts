import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { ConfigError } from "@ssl-vit/core";

/** Opens for reading, a FIFO too, for which one would otherwise wait until somebody writes. Windows knows no such flag, which then counts as 0. */
export const WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Opens a file for reading, at once.
 *
 * @returns its descriptor
 * @throws ConfigError for what is no file: a FIFO or a device might give no byte, or never end
 */
export function openFile(path: string): number {
  const file = openSync(path, WITHOUT_WAITING);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new ConfigError({ package: "data", what: path, expected: "a file", received: "a folder, socket, FIFO or device" });
}

/** The bytes of a small file; undefined where there is none. Throws as {@link openFile} does. */
export function contentIfThere(path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openFile(path);
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
