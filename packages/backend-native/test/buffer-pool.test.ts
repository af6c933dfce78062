import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBufferPool, type Piece } from "../src/buffer-pool.js";

const MB = 2 ** 20;
const end = ({ start, bytes }: Piece): number => start + bytes;
const overlap = (a: Piece, b: Piece): boolean => a.buffer === b.buffer && a.start < end(b) && b.start < end(a);

describe("a pool of buffers", () => {
  it("cuts a large idle buffer for smaller pieces, which grow together again", () => {
    const pool = createBufferPool(2 ** 31);
    const large = pool.take(16 * MB);
    const { buffer } = large;
    pool.give(large);
    const parts = [4, 8, 4].map((size) => pool.take(size * MB));
    expect(parts.every((part) => part.buffer === buffer)).toBe(true);
    expect(pool.state().idleBytes).toBe(0);
    for (const part of [parts[1]!, parts[0]!, parts[2]!]) pool.give(part);
    expect(pool.take(16 * MB).buffer).toBe(buffer);
  });

  it("says of memory that it is new, full of zeros, the first time alone", () => {
    const pool = createBufferPool(2 ** 31);
    const first = pool.take(MB);
    expect(first.isNew).toBe(true);
    expect(new Uint8Array(first.buffer).every((byte) => byte === 0)).toBe(true);
    pool.give(first);
    expect(pool.take(MB)).toMatchObject({ buffer: first.buffer, isNew: false });
    const large = pool.take(16 * MB);
    pool.give(large);
    for (const size of [4, 12]) expect(pool.take(size * MB)).toMatchObject({ buffer: large.buffer, isNew: false });
    expect(pool.take(16).isNew).not.toBe(true);
  });

  it("does not cut for small pieces, nor for what lasts", () => {
    const pool = createBufferPool(2 ** 31);
    const large = pool.take(16 * MB);
    pool.give(large);
    expect(pool.take(4096).buffer).not.toBe(large.buffer);
    expect(pool.take(4 * MB, true).buffer).not.toBe(large.buffer);
    expect(pool.take(16 * MB, true).buffer).toBe(large.buffer);
  });

  it("keeps for what lasts the memory of what lasted before", () => {
    const pool = createBufferPool(2 ** 31);
    const old = pool.take(4 * MB, true);
    pool.give(old);
    expect(pool.take(4 * MB).buffer).not.toBe(old.buffer);
    expect(pool.take(4 * MB, true).buffer).toBe(old.buffer);
  });

  it("never hands out a forsaken piece or its neighbours again, and forgets their bytes", () => {
    const pool = createBufferPool(2 ** 31);
    pool.give(pool.take(16 * MB));
    const [kept, neighbour] = [pool.take(4 * MB), pool.take(4 * MB)];
    pool.forsake(kept);
    expect(pool.state().idleBytes).toBe(0);
    pool.give(neighbour);
    expect(pool.state().idleBytes).toBe(0);
    expect(pool.take(4 * MB).buffer).not.toBe(kept.buffer);
  });

  it("keeps at most its limit, but for parts of buffers that are in use", () => {
    const pool = createBufferPool(8 * MB);
    pool.give(pool.take(16 * MB));
    expect(pool.state().idleBytes).toBe(0);
    pool.setLimit(32 * MB);
    pool.give(pool.take(16 * MB));
    const part = pool.take(4 * MB);
    pool.trim();
    expect(pool.state().idleBytes).toBe(12 * MB);
    pool.give(part);
    pool.trim();
    expect(pool.state().idleBytes).toBe(0);
  });

  it("pieces in use never overlap, start at cache lines, and all memory is whole again in the end", () => {
    const request = fc.record({ bytes: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 2 ** 17, max: 5 * MB })), lasts: fc.boolean(), gives: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const pool = createBufferPool(2 ** 31);
        const used: Piece[] = [];
        const buffers = new Map<ArrayBuffer, number>();
        for (const { bytes, lasts, gives } of requests) {
          const piece = pool.take(bytes, lasts);
          expect(piece.bytes).toBeGreaterThanOrEqual(bytes);
          expect(end(piece)).toBeLessThanOrEqual(piece.buffer.byteLength);
          expect(used.some((other) => overlap(piece, other))).toBe(false);
          used.push(piece);
          if (bytes >= 1024) buffers.set(piece.buffer, piece.buffer.byteLength - 64);
          if (gives < used.length) pool.give(used.splice(gives, 1)[0]!);
        }
        for (const piece of used) pool.give(piece);
        const bytes = [...buffers.values()].reduce((sum, size) => sum + size, 0);
        expect(pool.state().idleBytes).toBe(bytes);
        pool.trim();
        expect(pool.state().idleBytes).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
