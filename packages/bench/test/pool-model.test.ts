import { expect, test } from "vitest";
import { createPoolModel } from "../src/shape-backend/pool-model.js";

const MB = 2 ** 20;

test("what is given back serves the next of its size, and is held meanwhile", () => {
  const pool = createPoolModel();
  const first = pool.take(4 * MB);
  expect([pool.heldBytes, pool.idleBytes]).toEqual([4 * MB, 0]);
  pool.give(first);
  expect([pool.heldBytes, pool.idleBytes]).toEqual([4 * MB, 4 * MB]);
  pool.take(4 * MB);
  expect([pool.heldBytes, pool.idleBytes]).toEqual([4 * MB, 0]);
});

test("a larger one is cut, and its parts grow together again", () => {
  const pool = createPoolModel();
  pool.give(pool.take(8 * MB));
  const parts = [pool.take(2 * MB), pool.take(4 * MB), pool.take(2 * MB)];
  expect([pool.heldBytes, pool.idleBytes]).toEqual([8 * MB, 0]);
  for (const index of [0, 2, 1]) pool.give(parts[index]!);
  pool.take(8 * MB);
  expect([pool.heldBytes, pool.idleBytes]).toEqual([8 * MB, 0]);
});

test("small ones are not cut from large ones, and the smallest are not kept", () => {
  const pool = createPoolModel();
  pool.give(pool.take(8 * MB));
  pool.take(2 ** 17);
  expect(pool.heldBytes).toBe(8 * MB + 2 ** 17);
  const tiny = pool.take(100);
  expect(pool.heldBytes).toBe(8 * MB + 2 ** 17 + 100);
  pool.give(tiny);
  expect([pool.heldBytes, pool.idleBytes]).toEqual([8 * MB + 2 ** 17, 8 * MB]);
});

test("sizes between powers of two are rounded up by a sixteenth at most", () => {
  const pool = createPoolModel();
  pool.take(MB + 1);
  expect(pool.heldBytes).toBe(MB + MB / 16);
});

test("what lasts gets a buffer of its own", () => {
  const pool = createPoolModel();
  pool.give(pool.take(8 * MB));
  const lasting = pool.take(2 * MB, true);
  expect(pool.heldBytes).toBe(10 * MB);
  pool.give(lasting);
  pool.take(2 * MB); // not that of what lasts
  expect(pool.heldBytes).toBe(10 * MB);
  pool.take(2 * MB, true);
  expect(pool.heldBytes).toBe(10 * MB);
});

test("whole idle buffers are let go of when asked, and beyond 2 GiB; those of which a part is in use are not", () => {
  const pool = createPoolModel();
  pool.give(pool.take(8 * MB));
  const part = pool.take(2 * MB);
  pool.trim();
  expect([pool.heldBytes, pool.idleBytes]).toEqual([8 * MB, 6 * MB]);
  pool.give(part);
  pool.trim();
  expect([pool.heldBytes, pool.idleBytes]).toEqual([0, 0]);
  const many = Array.from({ length: 5 }, () => pool.take(512 * MB));
  for (const one of many) pool.give(one);
  expect(pool.idleBytes).toBe(2048 * MB);
  expect(pool.heldBytes).toBe(2048 * MB);
});
