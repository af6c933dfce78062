import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tensor1d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectNoLeaks, goldenCases } from "../src/index.js";

describe("toBeAllClose", () => {
  it("accepts what is within the tolerance, absolute or relative", () => {
    expect([1, 100]).toBeAllClose([1.0005, 100.05], { absolute: 0, relative: 1e-3 });
    expect(tensor1d([1, 2])).toBeAllClose([1, 2], { absolute: 0, relative: 0 });
    expect([Number.NaN, Infinity]).toBeAllClose([Number.NaN, Infinity]);
  });

  it.each([
    [[1, 2], [1, 2.1], "value 1 of 2: expected 2.1, received 2"],
    [[1], [1, 2], "expected 2 values, received 1"],
    [[Number.NaN], [1], "value 0 of 1: expected 1, received NaN"],
    [[1], [Number.NaN], "value 0 of 1: expected NaN, received 1"],
    [[-Infinity], [Infinity], "expected Infinity, received -Infinity"],
  ])("refuses %j for %j", (received, expected, message) => {
    expect(() => {
      expect(received).toBeAllClose(expected, { absolute: 1e-3, relative: 1e-3 });
    }).toThrow(message);
  });
});

describe("expectNoLeaks", () => {
  it("finds a tensor left behind, and forgives a cache", async () => {
    await expect(expectNoLeaks(() => tensor1d([1]))).rejects.toThrow("tensors left behind");
    const cache: unknown[] = [];
    await expectNoLeaks(() => {
      if (cache.length === 0) cache.push(tensor1d([1]));
      tensor1d([2]).dispose();
    });
  });
});

describe("goldenCases", () => {
  it("gives the cases of one function, and refuses a file that has none of it", () => {
    const folder = mkdtempSync(join(tmpdir(), "ssl-vit-golden-"));
    const path = join(folder, "golden.json");
    const value = { shape: [], values: [1] };
    writeFileSync(path, JSON.stringify({ cases: ["a", "b", "a"].map((fn) => ({ fn, args: [], options: {}, value, grads: {} })) }));
    expect(goldenCases(pathToFileURL(path), "a")).toHaveLength(2);
    expect(() => goldenCases(pathToFileURL(path), "c")).toThrow("golden.json: expected cases of c, received none.");
    rmSync(folder, { recursive: true });
  });
});
