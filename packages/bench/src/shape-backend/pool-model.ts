/** Some memory of the model: a place in a buffer. */
export interface Part {
  bytes: number;
  before: Part | undefined;
  after: Part | undefined;
  state: "used" | "idle" | "gone";
  /** Kept for a variable's value. */
  lasting: boolean;
}

/** How much memory a pool would hold. */
interface PoolModel {
  /** Bytes of all buffers, in use or not. */
  readonly heldBytes: number;
  readonly idleBytes: number;
  take(bytes: number, lasting?: boolean): Part;
  give(part: Part): void;
  /** Lets whole idle buffers go. */
  trim(keepBytes?: number): void;
}

// The numbers of @ssl-vit/backend-native, buffer-pool.ts.
const cacheLine = 64;
const smallestPooled = 1024;
const cutFrom = 2 ** 18;
const steps = 16;
const limitBytes = 2 ** 31;

/** A power of two or one of the steps to the next. */
function sizeClass(bytes: number): number {
  const step = Math.max(cacheLine, 2 ** Math.floor(Math.log2(bytes)) / steps);
  return Math.ceil(bytes / step) * step;
}

function listIndex(bytes: number): number {
  const power = Math.floor(Math.log2(bytes));
  return power * steps + Math.floor((bytes / 2 ** power - 1) * steps);
}

const isWhole = ({ before, after }: Part): boolean => before === undefined && after === undefined;

/**
 * The native engine's pool of buffers, without buffers: what is disposed waits to be used again, whole or in parts, and the process holds it meanwhile. A step of
 * large weights can hold a quarter more than its tensors. The tests hold it against the engine's own.
 */
export function createPoolModel(): PoolModel {
  /** Idle parts by size, the newest last; what lasts has lists of its own. */
  const [passing, lasting]: [(Part[] | undefined)[], (Part[] | undefined)[]] = [[], []];
  let [heldBytes, idleBytes] = [0, 0];

  const listOf = (part: Part): Part[] => ((part.lasting ? lasting : passing)[listIndex(part.bytes)] ??= []);

  const enlist = (part: Part): void => {
    part.state = "idle";
    listOf(part).push(part);
    idleBytes += part.bytes;
  };

  const delist = (part: Part, state: "used" | "gone"): void => {
    const list = listOf(part);
    list.splice(list.lastIndexOf(part), 1);
    part.state = state;
    idleBytes -= part.bytes;
  };

  const link = (before: Part | undefined, after: Part | undefined): void => {
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
  };

  const newPart = (bytes: number, lasts: boolean): Part => ({ bytes, before: undefined, after: undefined, state: "used", lasting: lasts });

  const find = (bytes: number): Part | undefined => {
    const first = listIndex(bytes);
    const last = bytes < cutFrom ? first : passing.length - 1;
    for (let index = first; index <= last; index++) {
      const newest = passing[index]?.at(-1);
      if (newest !== undefined) return newest;
    }
    return undefined;
  };

  const findLasting = (bytes: number): Part | undefined => {
    const index = listIndex(bytes);
    const lists = [lasting[index], passing[index]];
    return lists.find((list) => (list?.length ?? 0) > 0)?.findLast(isWhole);
  };

  const cut = (part: Part, bytes: number): void => {
    const rest = newPart(part.bytes - bytes, false);
    part.bytes = bytes;
    link(rest, part.after);
    link(part, rest);
    enlist(rest);
  };

  const trim = (keepBytes = 0): void => {
    for (const lists of [passing, lasting]) {
      for (const list of lists.toReversed()) {
        for (const part of list?.toReversed() ?? []) {
          if (idleBytes <= keepBytes || !isWhole(part)) continue;
          delist(part, "gone");
          heldBytes -= part.bytes;
        }
      }
    }
  };

  return {
    get heldBytes() {
      return heldBytes;
    },
    get idleBytes() {
      return idleBytes;
    },
    take(bytes, lasts = false) {
      const size = bytes < smallestPooled ? bytes : sizeClass(bytes);
      const part = bytes < smallestPooled ? undefined : lasts ? findLasting(size) : find(size);
      if (part === undefined) {
        heldBytes += size;
        return newPart(size, lasts);
      }
      delist(part, "used");
      part.lasting = lasts;
      if (part.bytes - size >= cutFrom) cut(part, size);
      return part;
    },
    give(part) {
      if (part.bytes < smallestPooled) {
        heldBytes -= part.bytes;
        return;
      }
      const { before, after } = part;
      if (before?.state === "idle") {
        delist(before, "gone");
        part.bytes += before.bytes;
        link(before.before, part);
      }
      if (after?.state === "idle") {
        delist(after, "gone");
        part.bytes += after.bytes;
        link(part, after.after);
      }
      enlist(part);
      if (idleBytes > limitBytes) trim(limitBytes);
    },
    trim,
  };
}
