import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { ConfigError, nearest, problemMessage } from "@ssl-vit/core";
import { extract } from "tar-stream";
import { type DatasetDownload, datasetDownloads } from "./dataset-downloads.js";

/** Options of {@link downloadDataset}. */
export interface DownloadOptions {
  /** What can be downloaded. Default: {@link datasetDownloads}. */
  readonly downloads?: readonly DatasetDownload[];
  /** Told of bytes received, of all; 0 = nobody knows. */
  readonly onProgress?: (bytes: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Where a data set lies now, and how to name its parts. */
export interface DownloadedDataset {
  readonly folder: string;
  /** `folder#train` and so on. */
  readonly locations: readonly string[];
}

const failed = (what: string, expected: string, received: string, fix: string, cause?: unknown): Error =>
  new Error(problemMessage({ package: "data", what, expected, received, fix }), { cause });

/** The sum of a file's bytes. */
async function md5Of(path: string, options: { readonly signal?: AbortSignal }): Promise<string> {
  const hash = createHash("md5");
  await pipeline(createReadStream(path), hash, options);
  return hash.digest("hex");
}

/** What a connection failed of. Of several addresses that were tried, the first one's reason: the error of all has none. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  const [first = cause] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [];
  return first instanceof Error ? first.message : message;
}

/** Waits for something that writes. */
async function written<Result>(path: string, writing: Promise<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (error) {
    throw failed(path, "a place to write to", (error as Error).message, "Make room, or choose another folder, and try again: what was received is kept.", error);
  }
}

/** An archive that is on its way: where it comes from, and what to do without it. */
interface Transfer {
  readonly url: string;
  /** What of it is there already, of all; 0 = nobody knows. */
  readonly have: number;
  readonly total: number;
  readonly fix: string;
}

/** The pieces of an answer, each told of when the next one is asked for. */
async function* piecesOf(body: NonNullable<Response["body"]>, { url, have, total, fix }: Transfer, { onProgress, signal }: DownloadOptions): AsyncGenerator<Uint8Array> {
  let received = have;
  try {
    for await (const piece of body) {
      yield piece as Uint8Array;
      received += (piece as Uint8Array).length;
      onProgress?.(received, total);
      // A body that ends just when it is aborted never says so.
      signal?.throwIfAborted();
    }
  } catch (error) {
    throw failed(url, total === 0 ? "the whole archive" : `${total} bytes`, `${received} (${(error as Error).message})`, fix, error);
  }
}

/** Receives an archive beside its place; what an earlier try received is not asked for again. */
async function receive({ url, md5 }: DatasetDownload, part: string, options: DownloadOptions): Promise<void> {
  const { signal } = options;
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  const byHand = `download it by hand (MD5 ${md5}) and unpack it in ${dirname(part)}.`;
  const fix = `Check the connection and try again: what is there is kept. Or ${byHand}`;
  const response = await fetch(url, { ...(have === 0 ? {} : { headers: { range: `bytes=${have}-` } }), ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
    throw failed(url, "an answer", reasonOf(error), fix, error);
  });
  // All of it was there already: nothing lies behind its end.
  if (response.status === 416) return;
  const { body } = response;
  if (!response.ok || body === null) throw failed(url, "the archive", `${response.status} ${response.statusText}`, `The server may have moved it: ${byHand}`);
  const goesOn = response.status === 206;
  const kept = goesOn ? have : 0;
  const length = Number(response.headers.get("content-length") ?? 0);
  const file = await written(part, open(part, goesOn ? "a" : "w")).catch(async (error: unknown) => {
    // An answer that nobody reads would keep the process waiting.
    await body.cancel();
    throw error;
  });
  try {
    // Each piece is on the disk before the next one is asked for: an interruption loses none.
    const transfer = { url, have: kept, total: length === 0 ? 0 : kept + length, fix };
    for await (const piece of piecesOf(body, transfer, options)) await written(part, file.writeFile(piece));
  } finally {
    await file.close();
  }
}

/** Unpacks files and folders of a .tar.gz; what would lie outside of the folder, and links, are left out. */
async function unpack(archive: string, folder: string, options: { readonly signal?: AbortSignal }): Promise<void> {
  const root = resolve(folder);
  const members = extract();
  async function write(): Promise<void> {
    for await (const member of members) {
      const path = resolve(root, member.header.name);
      if (member.header.type === "file" && path.startsWith(root + sep)) {
        await mkdir(dirname(path), { recursive: true });
        await pipeline(member, createWriteStream(path), options);
      } else {
        member.resume();
      }
    }
  }
  // Either may fail; the first failure is the reason of the other's.
  await Promise.all([pipeline(createReadStream(archive), createGunzip(), members, options), write()]);
}

/** Unpacks beside and renames, so that a folder of that name is whole. */
async function unpackTo(target: string, part: string, unfinished: string, download: DatasetDownload, options: { readonly signal?: AbortSignal }): Promise<void> {
  try {
    await rm(unfinished, { recursive: true, force: true });
    await unpack(part, unfinished, options);
    await rename(join(unfinished, download.folder), target);
  } catch (error) {
    throw failed(part, "an archive that can be unpacked", (error as Error).message, "Make room, or choose another folder, and try again: what was received is kept.", error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/**
 * Downloads a known data set, checks its sum and unpacks it. What is there already is not downloaded again; an interrupted download goes on.
 *
 * @returns where it lies
 * @throws ConfigError for an unknown name; Error when the server does not answer, what it sent is damaged, or it cannot be unpacked
 */
export async function downloadDataset(name: string, folder: string, options: DownloadOptions = {}): Promise<DownloadedDataset> {
  const { downloads = datasetDownloads } = options;
  const download = downloads.find((one) => one.name === name);
  if (download === undefined) {
    const names = downloads.map((one) => one.name);
    const meant = nearest(name, names);
    throw new ConfigError({ package: "data", what: "name", expected: `one of ${names.join(", ")}`, received: `"${name}"`, ...(meant === undefined ? {} : { fix: `Did you mean "${meant}"?` }) });
  }
  const target = join(folder, download.folder);
  const found: DownloadedDataset = { folder: target, locations: download.splits.map((split) => `${target}${split}`) };
  if (existsSync(target)) return found;
  await written(folder, mkdir(folder, { recursive: true }));
  const part = join(folder, `${name}.part`);
  await receive(download, part, options);
  const ending = options.signal === undefined ? {} : { signal: options.signal };
  const sum = await md5Of(part, ending);
  if (sum !== download.md5) {
    await rm(part);
    throw failed(download.url, `MD5 ${download.md5}`, sum, "What was received is damaged or another file; it is removed: try again.");
  }
  await unpackTo(target, part, join(folder, `${name}.unpacking`), download, ending);
  await rm(part);
  return found;
}
