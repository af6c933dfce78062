import { closeSync, readSync } from "node:fs";
import { openFile } from "./open-file.js";

/** Files that are read in any order. */
export interface PositionedFiles {
  /**
   * The bytes at a position of a file.
   *
   * @throws Error when the file ends before the last of them
   */
  read(file: number, position: number, length: number): Buffer;
  close(): void;
}

/** Files that one thread holds open at a time. */
const OPEN_FILES = 64;

/**
 * Opens files when they are first read. Reading waits for the disk: from memory this takes 3 µs, a way round through Node's thread pool 50,
 * and a worker has nothing else to do.
 */
export function positionedFiles(paths: readonly string[]): PositionedFiles {
  const open = new Map<number, number>();

  function opened(file: number): number {
    const found = open.get(file);
    if (found !== undefined) return found;
    const [oldest] = open;
    if (oldest !== undefined && open.size >= OPEN_FILES) {
      open.delete(oldest[0]);
      closeSync(oldest[1]);
    }
    const handle = openFile(paths[file]!);
    open.set(file, handle);
    return handle;
  }

  return {
    read: (file, position, length) => {
      const bytes = Buffer.allocUnsafe(length);
      if (readSync(opened(file), bytes, 0, length, position) === length) return bytes;
      throw new Error(`${paths[file]!} ends before byte ${position + length}`);
    },
    close: () => {
      for (const handle of open.values()) closeSync(handle);
      open.clear();
    },
  };
}
