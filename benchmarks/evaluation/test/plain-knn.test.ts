import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isPlainEnough, plainTop1 } from "../plain-knn.js";

test("the nearest vote by their cosines, not by their lengths", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-plain-knn-"));
  const keep = (name: string, values: number[], labels: number[]) => {
    writeFileSync(join(folder, `${name}-values.bin`), Float32Array.from(values));
    writeFileSync(join(folder, `${name}-labels.bin`), Int32Array.from(labels));
  };
  try {
    writeFileSync(join(folder, "features.json"), JSON.stringify({ dim: 2 }));
    // Class 0 lies along the first axis, class 1 along the second, at any distance; the last query is not of the class that it lies in.
    keep("train", [9, 0, 1, 0.1, 0.1, 1, 0, 0.5], [0, 0, 1, 1]);
    keep("test", [0.1, 0.01, 0.2, 7, 1, 0], [0, 1, 1]);
    for (const k of [1, 2, 4]) expect(plainTop1(folder, k)).toBeCloseTo(2 / 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a least is compared, a sitting by the defaults is not", () => {
  expect(isPlainEnough({ bank: 1000, queries: 1000, dim: 192 })).toBe(true);
  expect(isPlainEnough({ bank: 50_000, queries: 10_000, dim: 192 })).toBe(false);
});
