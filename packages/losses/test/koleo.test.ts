import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, mul, ones, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { koleo } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const loss = (x: Tensor): Tensor => koleo(x as Float<"B D">);

describeGolden("koleo", ([embeddings]) => loss(embeddings!));

describe("koleo", () => {
  it("is −mean log of the distance to the nearest other embedding, after normalisation", () => {
    // Nearest to (1, 0) is (0, 1), at √2, and the other way round; nearest to (−1, −1)/√2 is either, at √(2 + √2).
    const embeddings = tensor2d([[5, 0], [0, 0.1], [-3, -3]]);
    expect(koleo(embeddings)).toBeAllClose([-(Math.log(2) / 2 + Math.log(2) / 2 + Math.log(2 + Math.SQRT2) / 2) / 3]);
  });

  it("does not depend on the length of an embedding", () => {
    const embeddings = randomRows("embeddings");
    expect(koleo(mul(embeddings, 7))).toBeAllClose(koleo(embeddings), { relative: 1e-4 });
  });

  it("is finite, gradient included, where embeddings are equal or zero", () => {
    for (const embeddings of [ones([4, 3]), zeros([4, 3])]) {
      expect(Number.isFinite(loss(embeddings).dataSync()[0])).toBe(true);
      expect([...grad(loss)(embeddings).dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it("refuses a single row, which has no neighbour", () => {
    expect(() => koleo(zeros([1, 3]))).toThrow(ShapeError);
    expect(() => koleo(zeros([1, 3]))).toThrow("[@ssl-vit/losses] embeddings: expected at least 2 rows, received [1, 3].");
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const embeddings = randomRows("embeddings");
    await expectNoLeaks(() => { loss(embeddings).dispose(); });
    await expectNoLeaks(() => { grad(loss)(embeddings).dispose(); });
  });
});
