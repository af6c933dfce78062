import { describe, expect, it } from "vitest";
import { createRandom, philox } from "../src/index.js";

describe("philox4x32-10", () => {
  // Known answers of Random123 1.14, tests/kat_vectors.
  it.each([
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
  ] as const)("counter %j, key %j", (counter, key, expected) => {
    expect(philox([...counter], key)).toEqual(expected);
  });
});

describe("createRandom", () => {
  it("answers by path, not by call order", () => {
    const first = createRandom(7).derive("crop", 3, 14);
    createRandom(7).derive("flip").uniform();
    expect(createRandom(7).derive("crop").derive(3, 14).uniform()).toBe(first.uniform());
    expect(first.uniform()).toBe(first.uniform());
  });

  it("gives every path and seed its own stream", () => {
    const draws = [createRandom(0), createRandom(1)].flatMap((root) =>
      ["crop", "flip", 0, 1, 2 ** 32].flatMap((key) => [root.derive(key).uniform(), root.derive(key, 0).uniform()]),
    );
    expect(new Set(draws).size).toBe(draws.length);
  });

  it("has the moments of its distributions (4 standard errors, 100,000 draws)", () => {
    const count = 100_000;
    const random = createRandom(5);
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const uniforms = random.derive("uniform").uniforms(count);
    expect(Math.abs(mean(uniforms) - 0.5)).toBeLessThan((4 * Math.sqrt(1 / 12)) / Math.sqrt(count));
    expect(uniforms.every((value) => value >= 0 && value < 1)).toBe(true);
    const normals = random.derive("normal").normals(count);
    expect(Math.abs(mean(normals))).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(mean(normals.map((value) => value * value)) - 1)).toBeLessThan((4 * Math.SQRT2) / Math.sqrt(count));
    expect(normals.every(Number.isFinite)).toBe(true);
  });

  it("permutes: every integer once, uniformly at each place", () => {
    const counts = new Float64Array(5);
    for (let trial = 0; trial < 5000; trial++) {
      const order = createRandom(trial).permutation(5);
      expect([...order].sort()).toEqual([0, 1, 2, 3, 4]);
      counts[order[0]!]!++;
    }
    // 5000 draws of probability 1/5: 4 standard deviations are 113.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(113);
    expect(createRandom(0).permutation(0)).toHaveLength(0);
  });
});
