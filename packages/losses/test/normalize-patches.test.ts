import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, mul, ones, square, sub, sum, tensor2d, tensor3d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { maskedPatchMse, normalizePatches } from "../src/index.js";

const patches: Float<"B P D"> = tensor3d(createRandom(9).normals(24), [2, 3, 4]);

describe("normalizePatches", () => {
  it("gives each patch a mean of 0 and an unbiased variance of 1, whatever its brightness and contrast", () => {
    const normalized = normalizePatches(patches);
    expect(normalized.shape).toEqual([2, 3, 4]);
    expect(sum(normalized, 2)).toBeAllClose(new Float32Array(6), { absolute: 1e-5 });
    expect(sum(square(normalized), 2)).toBeAllClose(new Float32Array(6).fill(3), { relative: 1e-4 });
    expect(normalizePatches(add(mul(patches, 3), 10))).toBeAllClose(normalized, { absolute: 1e-4 });
    // 0 and 2: deviation √2, not 1.
    expect(normalizePatches(tensor3d([0, 2], [1, 1, 2]))).toBeAllClose([-Math.SQRT1_2, Math.SQRT1_2], { relative: 1e-6 });
  });

  it("leaves a patch of one value at 0", () => {
    expect([...normalizePatches(mul(ones([1, 2, 4]), 7)).dataSync()]).toEqual(new Array(8).fill(0));
  });

  it("is what maskedPatchMse compares with", () => {
    const prediction: Float<"B P D"> = zeros([2, 3, 4]);
    const mask = tensor2d([[1, 0, 1], [0, 0, 1]]);
    const byHand = sum(mul(sum(square(sub(prediction, normalizePatches(patches))), 2), mask)).dataSync()[0]! / (3 * 4);
    expect(maskedPatchMse(prediction, patches, mask, { normalizeTarget: true })).toBeAllClose([byHand], { relative: 1e-6 });
  });

  it("refuses what is not [B, P, D], and leaves no tensor behind", async () => {
    expect(() => normalizePatches(zeros([2, 3]) as unknown as Float<"B P D">)).toThrow(ShapeError);
    await expectNoLeaks(() => { normalizePatches(patches).dispose(); });
  });
});
