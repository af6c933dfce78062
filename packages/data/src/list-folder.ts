import { opendir, realpath, stat } from "node:fs/promises";
import { ConfigError } from "@ssl-vit/core";
import { extensionOf, isImageName } from "./image-name.js";

/**
 * A name or path as the file system has it: one character for each byte ("latin1"). So no name is lost, be it UTF-8 or not, and the order of
 * such strings is that of their bytes, which for UTF-8 is the order of the code points.
 */
export type BytePath = string;

export const bytePathOf = (text: string): BytePath => Buffer.from(text).toString("latin1");
export const textOf = (path: BytePath): string => Buffer.from(path, "latin1").toString();
/** What Node's functions for files take. */
const bufferOf = (path: BytePath): Buffer => Buffer.from(path, "latin1");

/** A folder that is looked into. */
export interface OpenFolder {
  readonly path: BytePath;
  /** The folder itself and those around it, up to the one that was named, without links. */
  readonly ancestors: readonly BytePath[];
}

/** What lies in a folder. */
export interface FolderListing {
  /** Names of images, and of folders with a `/` at the end, sorted: so the images of the folders come in the order of their paths. */
  readonly names: BytePath[];
  /** The folders that links lead to, by name, without links. */
  readonly linked: ReadonlyMap<BytePath, BytePath>;
  /** Some endings of the files that are no images. */
  readonly otherExtensions: ReadonlySet<string>;
}

/** Entries that are asked for at a time: for a million files more is no faster. */
const ENTRIES = 1024;

/** Endings of other files that are remembered: an error names a few. */
export const REMEMBERED_ENDINGS = 100;

export const openFolder = async (path: BytePath): Promise<OpenFolder> => ({ path, ancestors: [(await realpath(bufferOf(path), "buffer")).toString("latin1")] });

/** Where a link leads, if that is a folder. */
async function linkedFolder(path: BytePath): Promise<BytePath | undefined> {
  const isFolder = await stat(bufferOf(path)).then((found) => found.isDirectory(), () => false);
  return isFolder ? (await realpath(bufferOf(path), "buffer")).toString("latin1") : undefined;
}

/** The error of a folder that cannot be read, which may be far below the one that the user named. */
function unreadable(path: BytePath, error: unknown): ConfigError {
  const { message, code } = error as NodeJS.ErrnoException;
  const problem = { package: "data", what: textOf(path), expected: "a readable file or folder", received: message };
  const isForbidden = code === "EACCES" || code === "EPERM";
  return new ConfigError(isForbidden ? { ...problem, fix: "Give yourself the right to read it, or move it elsewhere." } : problem, { cause: error });
}

/**
 * What lies in a folder: as the file system streams it, without asking for each file. Names that begin with a dot are left out; links to folders
 * are followed, but not into a folder that one is in already. What is neither file, folder nor link (a socket, a FIFO) is no image whatever its name.
 *
 * @throws ConfigError when the folder cannot be read
 */
export async function listFolder({ path, ancestors }: OpenFolder): Promise<FolderListing> {
  const names: BytePath[] = [];
  const links: BytePath[] = [];
  const linked = new Map<BytePath, BytePath>();
  const otherExtensions = new Set<string>();
  try {
    // Names as buffers, which Node's types do not know here: with any text encoding Node itself fails on some names where a file system does
    // not tell what an entry is.
    const folder = await opendir(bufferOf(path), { encoding: "buffer" as BufferEncoding, bufferSize: ENTRIES });
    for await (const entry of folder) {
      const name = Buffer.from(entry.name).toString("latin1");
      if (name.startsWith(".")) continue;
      if (entry.isDirectory()) names.push(`${name}/`);
      else if ((entry.isFile() || entry.isSymbolicLink()) && isImageName(name)) names.push(name);
      else if (entry.isSymbolicLink()) links.push(name);
      else if (otherExtensions.size < REMEMBERED_ENDINGS) otherExtensions.add(extensionOf(name));
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  for (const name of links) {
    const target = await linkedFolder(`${path}/${name}`);
    if (target === undefined) {
      if (otherExtensions.size < REMEMBERED_ENDINGS) otherExtensions.add(extensionOf(name));
    } else if (!ancestors.includes(target)) {
      linked.set(name, target);
      names.push(`${name}/`);
    }
  }
  return { names: names.sort(), linked, otherExtensions };
}

/** A folder inside another one, by its name. */
export const folderInside = ({ path, ancestors }: OpenFolder, { linked }: FolderListing, name: BytePath): OpenFolder => ({
  path: `${path}/${name}`,
  ancestors: [...ancestors, linked.get(name) ?? `${ancestors.at(-1)!}/${name}`],
});
