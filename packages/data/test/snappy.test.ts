import { expect, it } from "vitest";
import { decompressSnappy } from "../src/snappy.js";

const block = (length: number, ...bytes: number[]): Uint8Array => Uint8Array.of(length, ...bytes);
/** "abcd" as it is. */
const abcd = [3 << 2, 97, 98, 99, 100];

it("repeats what was there", () => {
  // Four bytes as they are, then eight from four bytes before.
  expect(Buffer.from(decompressSnappy(block(12, ...abcd, ((8 - 4) << 2) | 1, 4), 12)).toString()).toBe("abcdabcdabcd");
  const long = Buffer.alloc(300, "x");
  expect(Buffer.compare(decompressSnappy(Uint8Array.of(0xac, 2, 61 << 2, 0x2b, 1, ...long), 300), long)).toBe(0);
});

const damaged = /premature end of input|missing eof marker/;

it.each<[string, Uint8Array, RegExp]>([
  ["another length", block(9, ...abcd), /a Snappy block of 9 bytes in place of 8/],
  ["a length without end", new Uint8Array(20).fill(0xff), /a Snappy block of \d+ bytes in place of 8/],
  ["nothing", block(8), damaged],
  ["fewer bytes than it states", block(8, ...abcd), damaged],
  ["more bytes than it states", block(8, ...abcd, ...abcd, ...abcd), damaged],
  ["a repetition from before its start", block(8, ...abcd, 1, 5), damaged],
  ["a length that leads back to itself", block(8, 0xfc, 0xfa, 0xff, 0xff, 0xff, 1, 2, 3), damaged],
])("refuses a block with %s", (_, bytes, message) => {
  expect(() => decompressSnappy(bytes, 8)).toThrow(message);
});
