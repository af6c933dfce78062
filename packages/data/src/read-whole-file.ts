import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { WITHOUT_WAITING } from "./open-file.js";

/** The largest file that is taken for an image, in bytes. */
export const LARGEST_FILE = 2 ** 30;

/**
 * The bytes of a file. Waits for the disk: from memory this takes 3 µs, a way round through Node's thread pool 50, and a worker has nothing else
 * to do. It does not wait for what may never come: a FIFO or a device is refused.
 *
 * @throws Error saying why the file cannot be read
 */
export function readWholeFile(path: Buffer): Buffer {
  const file = openSync(path, WITHOUT_WAITING);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw new Error(status.isDirectory() ? "a folder, not a file" : "a socket, FIFO or device, not a file");
    if (status.size > LARGEST_FILE) throw new Error(`a file of ${status.size} bytes; images have at most ${LARGEST_FILE}`);
    const bytes = Buffer.allocUnsafe(status.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) read = readSync(file, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
