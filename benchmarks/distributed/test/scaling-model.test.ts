import { describe, expect, it } from "vitest";
import { allReduceSeconds, lastThatPays, lineThrough, stepSeconds } from "../scaling-model.js";

const link = { name: "fast", bytesASecond: 1e9, latency: 1e-4 };
const host = { secondsAnImage: 0.01, secondsFixed: 0.1, gradientBytes: 1e8 };

describe("the model of scaling", () => {
  it("sends the bytes once over two hosts, and nearly twice over many", () => {
    expect(allReduceSeconds(1, 1e9, link)).toBe(0);
    expect(allReduceSeconds(2, 2 ** 18, link)).toBeCloseTo(2 ** 18 / 1e9 + 2e-4, 9);
    // 31 parts, three under way: eleven times two messages for each doubling of the hosts.
    expect(allReduceSeconds(1024, 31 * 2 ** 18, link)).toBeCloseTo(((2 * 1023) / 1024) * 31 * (2 ** 18 / 1e9) + 11 * 20e-4, 9);
  });

  it("adds what hosts share, what they do not, and the sum", () => {
    expect(stepSeconds(1, 100, host, link)).toBeCloseTo(1.1, 9);
    expect(stepSeconds(2, 100, host, { ...link, latency: 0 })).toBeCloseTo(0.1 + 0.5 + 0.1, 9);
  });

  it("finds the last doubling that makes a step half as fast again", () => {
    // 1.1 s, 0.70 s (1.57 times as fast), 0.50 s (1.40)
    expect(lastThatPays(100, host, { ...link, latency: 0 }, 1024)).toBe(2);
    expect(lastThatPays(100, { ...host, gradientBytes: 0, secondsFixed: 0 }, { ...link, latency: 0 }, 1024)).toBe(64);
    expect(lastThatPays(10_000, { ...host, gradientBytes: 0, secondsFixed: 0 }, { ...link, latency: 0 }, 1024)).toBe(1024);
  });

  it("puts a line through two batches", () => {
    expect(lineThrough([{ images: 10, seconds: 0.3 }, { images: 30, seconds: 0.5 }])).toEqual({ secondsAnImage: expect.closeTo(0.01, 9) as number, secondsFixed: expect.closeTo(0.2, 9) as number });
    expect(lineThrough([{ images: 10, seconds: 0.1 }, { images: 30, seconds: 0.5 }]).secondsFixed).toBe(0);
  });
});
