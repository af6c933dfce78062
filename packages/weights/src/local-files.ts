import { type FileHandle, open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn as fetchedFilesIn } from "./fetched-files.js";
import { damagedFile, refusedFile } from "./refused-file.js";
import type { ByteSource, WeightFiles } from "./weight-files.js";

export { crc32 } from "node:zlib";

/** What Node reads at once: a system call takes no more than 2^31 - 1 bytes. */
const LARGEST_READ = 2 ** 30;

const isAbsence = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

const unreadable = (path: string, error: unknown): Error =>
  refusedFile(path, "a readable file", (error as NodeJS.ErrnoException).code ?? (error as Error).message, "Check the path and its permissions.", error);

/** Undefined where nothing is. */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  let handle;
  try {
    const found = await stat(path);
    // Opening a pipe would wait for its writer.
    if (!found.isFile()) throw refusedFile(path, "a file", found.isDirectory() ? "a folder" : "something else", "Name a file of weights.");
    handle = await open(path, "r");
    return handle;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw (error as NodeJS.ErrnoException).code === undefined ? error : unreadable(path, error);
  }
}

function sourceOf(path: string, handle: FileHandle, length: number): ByteSource {
  async function readInto(begin: number, target: Uint8Array): Promise<void> {
    for (let position = 0; position < target.length; ) {
      const { bytesRead } = await handle.read(target, position, Math.min(LARGEST_READ, target.length - position), begin + position).catch((error: unknown) => {
        throw unreadable(path, error);
      });
      if (bytesRead === 0) throw damagedFile(path, `at least ${begin + target.length} bytes`, String(begin + position));
      position += bytesRead;
    }
  }
  return {
    location: path,
    length,
    readInto,
    async read(begin, end) {
      // Not the pool's: the bytes are the caller's own, aligned for every element type. Every one of them is overwritten.
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(end - begin).buffer);
      await readInto(begin, bytes);
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** The folder of a path, a file: URL, or an address behind which a server is. */
export function filesIn(folder: string): WeightFiles {
  if (/^https?:\/\//i.test(folder)) return fetchedFilesIn(folder);
  const location = /^file:\/\//i.test(folder) ? fileURLToPath(folder) : folder;
  return {
    location,
    async readText(name) {
      const path = join(location, name);
      try {
        return await readFile(path, "utf8");
      } catch (error) {
        if (isAbsence(error)) return undefined;
        throw unreadable(path, error);
      }
    },
    async open(name) {
      const path = join(location, name);
      const handle = await openRegular(path);
      return handle === undefined ? undefined : sourceOf(path, handle, (await handle.stat()).size);
    },
    async list() {
      try {
        const entries = await readdir(location, { withFileTypes: true });
        return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name).sort();
      } catch (error) {
        throw refusedFile(location, "a folder of weights", (error as NodeJS.ErrnoException).code === "ENOTDIR" ? "a file" : "no such folder", "Check the path.", error);
      }
    },
  };
}
