import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "@ssl-vit/core";

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Who writes, for messages. */
export interface Saver {
  /** The function that was called. */
  readonly name: string;
  /** The one that gives the same files and writes none. */
  readonly files: string;
}

/**
 * Writes files into a folder. One that is new appears whole; in one that is there each file takes its place when it is whole, in the order given.
 *
 * @throws ConfigError for a folder with something in it unless `overwrite`, and where nothing can be written
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>, overwrite: boolean, saver: Saver): Promise<void> {
  const path = resolve(folder);
  const there = await entriesOf(path);
  if (there !== undefined && there.length > 0 && !overwrite) {
    throw new ConfigError({ package: "weights", what: `${saver.name}: folder`, expected: "one that is not there yet, or empty", received: `${folder} with ${there.slice(0, 6).join(", ")}${there.length > 6 ? ", …" : ""}`, fix: "Name another one, or say overwrite: true." });
  }
  // An empty one that is there stays too: it may be where a program stands, a mount, or what a link leads to.
  const isNew = there === undefined;
  const temporary = isNew ? `${path}.${process.pid}.tmp` : join(path, `.export.${process.pid}.tmp`);
  try {
    await rm(temporary, { recursive: true, force: true });
    for (const [name, content] of files) {
      await mkdir(dirname(join(temporary, name)), { recursive: true });
      await writeFile(join(temporary, name), content, { flush: true });
    }
    if (isNew) {
      await rename(temporary, path);
      return;
    }
    for (const name of files.keys()) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await rename(join(temporary, name), join(path, name));
    }
  } catch (error) {
    if (ConfigError.isInstance(error)) throw error;
    const received = codeOf(error) ?? (error as Error).message;
    throw new ConfigError({ package: "weights", what: folder, expected: "a folder that can be written", received, fix: received === "ENOSPC" ? "Make room." : "Check the path and its permissions." }, { cause: error });
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What lies in a folder; undefined where there is none. */
async function entriesOf(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    const received = codeOf(error) === "ENOTDIR" ? "a file" : (codeOf(error) ?? String(error));
    throw new ConfigError({ package: "weights", what: path, expected: "a folder", received, fix: "Name another one." }, { cause: error });
  }
}
