import { binding } from "./binding.js";

/** What a pool holds now and has done. */
export interface PoolState {
  /** Bytes that wait to be used again. */
  readonly idleBytes: number;
  /** Most bytes that may wait; what comes back beyond is left to the garbage collector. */
  readonly limitBytes: number;
}

const cacheLine = 64;
/** Bytes; smaller arrays cost less to make than to look for. */
export const smallestPooled = 1024;

/**
 * The size of the class that `bytes` falls into: a power of two or one of the seven steps to the next, so at most an eighth is
 * unused (and what is unused at the end is never touched, so the system never provides it).
 */
function sizeClass(bytes: number): number {
  const step = 2 ** Math.max(6, Math.floor(Math.log2(bytes)) - 3);
  return Math.ceil(bytes / step) * step;
}

/**
 * Memory of disposed tensors, by size, for the next ones: new memory is dear, because the system provides it page by page on first
 * use. A piece starts at a cache line.
 */
export function createBufferPool(limitBytes: number): {
  take(bytes: number): Uint8Array;
  give(piece: Uint8Array): void;
  trim(keepBytes?: number): void;
  setLimit(bytes: number): void;
  state(): PoolState;
} {
  const idle = new Map<number, Uint8Array[]>();
  let idleBytes = 0;
  let limit = limitBytes;

  const trim = (keepBytes = 0): void => {
    for (const [size, pieces] of idle) {
      while (idleBytes > keepBytes && pieces.pop() !== undefined) idleBytes -= size;
      if (pieces.length === 0) idle.delete(size);
    }
  };
  return {
    take(bytes) {
      if (bytes < smallestPooled) return new Uint8Array(Math.ceil(bytes / 8) * 8);
      const size = sizeClass(bytes);
      const piece = idle.get(size)?.pop();
      if (piece !== undefined) {
        idleBytes -= size;
        return piece;
      }
      const whole = new Uint8Array(size + cacheLine);
      return whole.subarray(binding.bytesToCacheLine(whole)).subarray(0, size);
    },
    give(piece) {
      const size = piece.byteLength;
      if (size < smallestPooled || idleBytes + size > limit) return;
      const pieces = idle.get(size);
      if (pieces === undefined) idle.set(size, [piece]);
      else pieces.push(piece);
      idleBytes += size;
    },
    trim,
    setLimit(bytes) {
      limit = bytes;
      trim(bytes);
    },
    state: () => ({ idleBytes, limitBytes: limit }),
  };
}
