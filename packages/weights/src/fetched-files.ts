import { damagedFile, refusedFile } from "./refused-file.js";
import type { ByteSource, WeightFiles } from "./weight-files.js";

export { crc32 } from "./crc-32.js";

/** Requests are for whole blocks of so many bytes, since small tensors lie side by side and between large ones: one request serves many. */
const BLOCK = 1 << 20;

/**
 * Blocks that are kept for what else lies in them, those that were used last. Tensors are not read in the order of the file, but layer by layer; a large layer's lie
 * in fewer blocks than these, not counting those that one tensor fills.
 */
const KEPT_BLOCKS = 32;

/** Statuses of a file that is not there. */
const ABSENT = [404, 410];

async function ask(address: string, range?: string): Promise<Response> {
  try {
    return await fetch(address, range === undefined ? {} : { headers: { Range: range } });
  } catch (error) {
    throw refusedFile(address, "an answer", (error as Error).message, "Check the address, the network, and that the server allows this page to read it (CORS).", error);
  }
}

/** A server of a single-page application answers every address, also of what is not there, with its page. */
const isPage = (response: Response, name: string): boolean => (response.headers.get("content-type") ?? "").startsWith("text/html") && !name.endsWith(".html");

function refuseStatus(address: string, response: Response): never {
  throw refusedFile(address, "a file", `status ${response.status} ${response.statusText}`.trim(), "Check the address and the access to it.");
}

async function bodyOf(address: string, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw damagedFile(address, "the whole of an answer", (error as Error).message, error);
  }
}

/** A file that is in memory as a whole: the server sends no parts. */
function downloadedSource(location: string, file: Uint8Array): ByteSource {
  return {
    location,
    length: file.length,
    read(begin, end) {
      if (end > file.length) return Promise.reject(damagedFile(location, `at least ${end} bytes`, String(file.length)));
      return Promise.resolve(file.slice(begin, end));
    },
    close: () => Promise.resolve(),
  };
}

/** A file of which the server sends what is asked for. */
function rangedSource(location: string, length: number, first: Uint8Array<ArrayBuffer>): ByteSource {
  const kept = new Map([[0, first]]);
  const keep = (block: number, bytes: Uint8Array<ArrayBuffer>): void => {
    kept.delete(block);
    kept.set(block, bytes);
    if (kept.size > KEPT_BLOCKS) kept.delete(kept.keys().next().value!);
  };

  async function download(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await ask(location, `bytes=${begin}-${end - 1}`);
    if (response.status !== 206) refuseStatus(location, response);
    const bytes = await bodyOf(location, response);
    if (bytes.length !== end - begin) throw damagedFile(location, `${end - begin} bytes from ${begin} on`, String(bytes.length));
    return bytes;
  }

  /** Bytes from a block's start on: of that block where it is kept, else of all blocks up to the next that is, or to `end`. */
  async function bytesFrom(block: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const there = kept.get(block);
    if (there !== undefined) {
      keep(block, there);
      return there;
    }
    let next = block + 1;
    while (next * BLOCK < end && !kept.has(next)) next++;
    const bytes = await download(block * BLOCK, Math.min(length, next * BLOCK));
    // Those between are wanted as a whole, by this read alone.
    for (const border of new Set([block, next - 1])) keep(border, bytes.slice((border - block) * BLOCK, (border - block + 1) * BLOCK));
    return bytes;
  }

  return {
    location,
    length,
    async read(begin, end) {
      if (end > length) throw damagedFile(location, `at least ${end} bytes`, String(length));
      const bytes = new Uint8Array(end - begin);
      for (let position = begin; position < end; ) {
        const block = Math.floor(position / BLOCK);
        const part = (await bytesFrom(block, end)).subarray(position - block * BLOCK, end - block * BLOCK);
        bytes.set(part, position - begin);
        position += part.length;
      }
      return bytes;
    },
    close: () => Promise.resolve(),
  };
}

/** How long a file is of which a part was sent; undefined where the server does not say so, or does not let the page see it. */
function wholeLength(response: Response): number | undefined {
  const digits = /^bytes 0-\d+\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

async function openAddress(address: string, name: string): Promise<ByteSource | undefined> {
  const response = await ask(address, `bytes=0-${BLOCK - 1}`);
  if (ABSENT.includes(response.status) || isPage(response, name)) return undefined;
  // There is no first byte.
  if (response.status === 416) return downloadedSource(address, new Uint8Array(0));
  if (!response.ok) refuseStatus(address, response);
  const bytes = await bodyOf(address, response);
  if (response.status !== 206) return downloadedSource(address, bytes);
  const length = wholeLength(response);
  if (length === undefined) {
    const whole = await ask(address);
    if (!whole.ok) refuseStatus(address, whole);
    return downloadedSource(address, await bodyOf(address, whole));
  }
  if (bytes.length !== Math.min(length, BLOCK)) throw damagedFile(address, `the first ${Math.min(length, BLOCK)} bytes`, String(bytes.length));
  return rangedSource(address, length, bytes);
}

/**
 * The folder of an address, through `fetch`: by ranges where the server sends them, else each file as a whole. An address without a scheme is the page's:
 * `"/models/vit"`.
 */
export function filesIn(folder: string): WeightFiles {
  // A query, as of a signed address, stays behind the file's name.
  const [path, query] = folder.split(/(?=\?)/, 2) as [string, string | undefined];
  const addressOf = (name: string): string => `${path.replace(/\/+$/, "")}/${name.split("/").map(encodeURIComponent).join("/")}${query ?? ""}`;
  return {
    location: folder,
    async readText(name) {
      const response = await ask(addressOf(name));
      if (ABSENT.includes(response.status) || isPage(response, name)) return undefined;
      if (!response.ok) refuseStatus(addressOf(name), response);
      return new TextDecoder().decode(await bodyOf(addressOf(name), response));
    },
    open: (name) => openAddress(addressOf(name), name),
  };
}
