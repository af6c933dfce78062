import { crc32 as expected } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32 } from "../src/crc-32.js";

describe("crc32", () => {
  it("is the checksum of zip archives", () => {
    expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 9 }), (bytes, begin) => { expect(crc32(bytes.subarray(begin))).toBe(expected(bytes.subarray(begin))); }));
  });
});
