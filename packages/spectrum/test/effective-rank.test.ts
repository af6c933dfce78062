import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { almostConstant, expectNoLeaks, withEigenvalues } from "@ssl-vit/testing";
import { ones, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { covarianceSpectrum, effectiveRank, exponentialEntropy } from "../src/index.js";

const random = createRandom(9);
const normals = (name: string, rows: number, dim: number): Float<"N D"> => tensor2d(random.derive(name).normals(rows * dim), [rows, dim]);

describe("effectiveRank", () => {
  test("counts the directions that differ, whatever all embeddings have in common", () => {
    expect(effectiveRank(withEigenvalues([1, 1, 1, 1], 50))).toBeAllClose([4], { relative: 1e-5 });
    expect(effectiveRank(withEigenvalues([2, 2, 0]))).toBeAllClose([2]);
    // Shares 3/4 and 1/4.
    expect(effectiveRank(withEigenvalues([3, 1]))).toBeAllClose([4 / 3 ** 0.75]);
  });

  test("is 0 where all embeddings are the same, or the same but for rounding", () => {
    const constants: Float<"N D">[] = [ones([5, 3]), zeros([5, 3]), ones([1, 3]), almostConstant(20, 8)];
    for (const embeddings of constants) expect([...effectiveRank(embeddings).dataSync()]).toEqual([0]);
  });

  test("leaves no tensor but its result behind", async () => {
    const embeddings = normals("embeddings", 30, 12);
    await expectNoLeaks(() => { effectiveRank(embeddings).dispose(); });
  });

  test("refuses anything but [N, D]", () => {
    expect(() => effectiveRank(zeros([2, 3, 4]) as unknown as Float<"N D">)).toThrow(ShapeError);
  });
});

describe("covarianceSpectrum", () => {
  test("has the eigenvalues, largest first, and 0 for directions that are not used", () => {
    expect(covarianceSpectrum(withEigenvalues([1, 4, 0], 7).dataSync<"float32">(), 3)).toBeAllClose([4, 1, 0], { absolute: 1e-6 });
  });

  test("is all 0 where the rows are the same but for rounding", () => {
    expect(covarianceSpectrum(almostConstant(20, 8).dataSync<"float32">(), 8)).toEqual(Array(8).fill(0));
  });
});

test("exponentialEntropy counts equal shares, and a share of 0 for nothing", () => {
  expect(exponentialEntropy([0.25, 0.25, 0, 0.5])).toBeCloseTo(2 ** 1.5, 12);
  expect(exponentialEntropy([1])).toBe(1);
});
