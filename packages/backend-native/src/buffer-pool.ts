import { binding } from "./binding.js";

/** What a pool holds now and has done. */
export interface PoolState {
  /** Bytes that wait to be used again. */
  readonly idleBytes: number;
  /** Most bytes that may wait; what comes back beyond is left to the garbage collector. */
  readonly limitBytes: number;
}

/** Some memory, from a cache line on. */
export interface Piece {
  readonly buffer: ArrayBuffer;
  readonly start: number;
  readonly bytes: number;
  /** Nobody has written to it yet: all bytes are 0, and the system provides them when someone does. */
  readonly isNew?: boolean;
}

/** Memory of disposed tensors, for the next ones. */
export interface BufferPool {
  /** @param lasting whether the piece will stay for long (a variable's new value): then no larger one is cut for it */
  take(bytes: number, lasting?: boolean): Piece;
  /** A piece that nobody uses any more. */
  give(piece: Piece): void;
  /** A piece that somebody may still use whom the pool does not know: neither it nor what shares its buffer is handed out again. */
  forsake(piece: Piece): void;
  /** Leaves idle buffers to the garbage collector, until `keepBytes` wait. A buffer of which a part is in use stays. */
  trim(keepBytes?: number): void;
  setLimit(bytes: number): void;
  state(): PoolState;
}

/** A piece with its neighbours in the buffer, and with those of about its size that are idle as well. */
interface Part extends Piece {
  start: number;
  bytes: number;
  before: Part | undefined;
  after: Part | undefined;
  state: "used" | "idle" | "forsaken";
  /** Kept for what lasts. */
  lasting: boolean;
  isNew: boolean;
  newer: Part | undefined;
  older: Part | undefined;
}

const cacheLine = 64;
/** Bytes; smaller arrays cost less to make than to look for. */
export const smallestPooled = 1024;
/** Bytes from which on a larger part is cut for a piece. Smaller ones, which may stay long, would keep large buffers in parts. */
const cutFrom = 2 ** 18;
/** Sizes between a power of two and the next. */
const steps = 16;

/** A power of two or one of the steps to the next, so that at most a sixteenth is unused. */
function sizeClass(bytes: number): number {
  const step = Math.max(cacheLine, 2 ** Math.floor(Math.log2(bytes)) / steps);
  return Math.ceil(bytes / step) * step;
}

/** The list of the parts that are at least as large as this class and smaller than the next one. */
function listIndex(bytes: number): number {
  const power = Math.floor(Math.log2(bytes));
  return power * steps + Math.floor((bytes / 2 ** power - 1) * steps);
}

const isWhole = ({ before, after }: Part): boolean => before === undefined && after === undefined;

/**
 * New memory is dear, because the system provides it page by page on first use. So idle memory is taken first: a part of the same class, the
 * one that was used last; else the smallest larger one, which is cut and grows together again with its neighbours once they are idle. (With
 * whole buffers alone, the gradients of weights found no place in the activations that a backward pass has done with.) Values of variables
 * get buffers of their own: in parts of large ones they would keep these from growing together.
 */
export function createBufferPool(limitBytes: number): BufferPool {
  /** The newest idle part of each list; what lasts has lists of its own. */
  const [passing, lasting]: [(Part | undefined)[], (Part | undefined)[]] = [[], []];
  const listsOf = (part: Part): (Part | undefined)[] => (part.lasting ? lasting : passing);
  let idleBytes = 0;
  let limit = limitBytes;

  const enlist = (part: Part): void => {
    const [lists, index] = [listsOf(part), listIndex(part.bytes)];
    const newest = lists[index];
    part.state = "idle";
    part.older = newest;
    part.newer = undefined;
    if (newest !== undefined) newest.newer = part;
    lists[index] = part;
    idleBytes += part.bytes;
  };

  const delist = (part: Part, state: "used" | "forsaken"): void => {
    if (part.newer === undefined) listsOf(part)[listIndex(part.bytes)] = part.older;
    else part.newer.older = part.older;
    if (part.older !== undefined) part.older.newer = part.newer;
    part.newer = part.older = undefined;
    part.state = state;
    idleBytes -= part.bytes;
  };

  const link = (before: Part | undefined, after: Part | undefined): void => {
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
  };

  const newPart = (buffer: ArrayBuffer, start: number, bytes: number, lasts = false): Part => ({
    buffer,
    start,
    bytes,
    before: undefined,
    after: undefined,
    state: "used",
    lasting: lasts,
    isNew: false,
    newer: undefined,
    older: undefined,
  });

  const newBuffer = (bytes: number, lasts: boolean): Part => {
    const whole = new Uint8Array(bytes + cacheLine);
    const part = newPart(whole.buffer, binding.bytesToCacheLine(whole), bytes, lasts);
    part.isNew = true;
    return part;
  };

  /** The part becomes `bytes` long; the rest is idle. */
  const cut = (part: Part, bytes: number): void => {
    const rest = newPart(part.buffer, part.start + bytes, part.bytes - bytes);
    part.bytes = bytes;
    link(rest, part.after);
    link(part, rest);
    enlist(rest);
  };

  /** The part becomes longer by its idle neighbour; who stands beside it then is the caller's to say. */
  const absorb = (part: Part, neighbour: Part): void => {
    delist(neighbour, "forsaken");
    part.bytes += neighbour.bytes;
  };

  const find = (bytes: number): Part | undefined => {
    const first = listIndex(bytes);
    const last = bytes < cutFrom ? first : passing.length - 1;
    for (let index = first; index <= last; index++) if (passing[index] !== undefined) return passing[index];
    return undefined;
  };

  /** For what lasts: memory that did so before, or a whole buffer of this size. */
  const findLasting = (bytes: number): Part | undefined => {
    const index = listIndex(bytes);
    let part = lasting[index] ?? passing[index];
    while (part !== undefined && !isWhole(part)) part = part.older;
    return part;
  };

  const trim = (keepBytes = 0): void => {
    for (const lists of [passing, lasting]) {
      for (let index = lists.length - 1; index >= 0; index--) {
        for (let part = lists[index]; part !== undefined && idleBytes > keepBytes; ) {
          const { older } = part;
          if (isWhole(part)) delist(part, "forsaken");
          part = older;
        }
      }
    }
  };

  return {
    take(bytes, lasts = false) {
      if (bytes < smallestPooled) return { buffer: new ArrayBuffer(Math.ceil(bytes / 8) * 8), start: 0, bytes };
      const size = sizeClass(bytes);
      const part = lasts ? findLasting(size) : find(size);
      if (part === undefined) return newBuffer(size, lasts);
      delist(part, "used");
      part.isNew = false;
      part.lasting = lasts;
      if (part.bytes - size >= cutFrom) cut(part, size);
      return part;
    },
    give(piece) {
      const part = piece as Part;
      if (part.bytes < smallestPooled || part.state !== "used") return;
      const { before, after } = part;
      if (before?.state === "idle") {
        absorb(part, before);
        part.start = before.start;
        link(before.before, part);
      }
      if (after?.state === "idle") {
        absorb(part, after);
        link(part, after.after);
      }
      enlist(part);
      if (idleBytes > limit) trim(limit);
    },
    forsake(piece) {
      if (piece.bytes < smallestPooled) return;
      let part: Part | undefined = piece as Part;
      while (part.before !== undefined) part = part.before;
      for (; part !== undefined; part = part.after) {
        if (part.state === "idle") delist(part, "forsaken");
        part.state = "forsaken";
      }
    },
    trim,
    setLimit(bytes) {
      limit = bytes;
      trim(bytes);
    },
    state: () => ({ idleBytes, limitBytes: limit }),
  };
}
