import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { mul, ones, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { embeddingDeviation } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

describeGolden("embeddingDeviation", ([embeddings]) => embeddingDeviation(embeddings as Float<"B D">));

describe("embeddingDeviation", () => {
  it("is near 1 where embeddings point everywhere", () => {
    const embeddings = tensor2d(createRandom(1).normals(2000 * 16), [2000, 16]);
    // The mean of 16 deviations, each within about 1/√4000 of its value: 4 standard errors are 0.02.
    expect(embeddingDeviation(embeddings)).toBeAllClose([1], { absolute: 0.02 });
  });

  it("is the unbiased deviation of normalised rows: (3, 4), (4, 3), (1, 0)", () => {
    const [x, y] = [[0.6, 0.8, 1], [0.8, 0.6, 0]].map((values) => {
      const mean = values.reduce((sum, value) => sum + value) / 3;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2);
    }) as [number, number];
    expect(embeddingDeviation(tensor2d([[3, 4], [4, 3], [9, 0]]))).toBeAllClose([(Math.SQRT2 * (x + y)) / 2]);
  });

  it("is 0 under collapse, and for a single row", () => {
    expect(embeddingDeviation(mul<Float<"B D">>(ones([5, 3]), 7))).toBeAllClose([0]);
    expect(embeddingDeviation(ones([1, 3]))).toBeAllClose([0]);
  });

  it("refuses anything but [B, D]", () => {
    expect(() => embeddingDeviation(zeros([2, 3, 4]) as unknown as Float<"B D">)).toThrow(ShapeError);
  });

  it("leaves no tensor behind", async () => {
    const embeddings: Float<"B D"> = ones([5, 3]);
    await expectNoLeaks(() => { embeddingDeviation(embeddings).dispose(); });
  });
});
