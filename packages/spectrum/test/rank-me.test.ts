import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, mul, ones, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { rankMe, singularValues } from "../src/index.js";

const random = (name: string, rows: number, dim: number): Float<"N D"> => tensor2d(createRandom(6).derive(name).normals(rows * dim), [rows, dim]);
const axes = tensor2d([[2, 0], [0, 3]]);

describe("rankMe", () => {
  test("is 1 under collapse, and the number of directions where all are used alike", () => {
    // The paper's 1e-7 for each of the 3 shares weighs 1e-7·ln 1e-7 each.
    const collapsed: Float<"N D">[] = [ones([5, 3]), zeros([5, 3])];
    for (const embeddings of collapsed) expect(rankMe(embeddings)).toBeAllClose([1], { absolute: 1e-5 });
    const cross: Float<"N D"> = concat([axes, mul<Float<"N D">>(axes, -1)]);
    expect(rankMe(mul(cross, tensor2d([[1 / 2, 1 / 3]])))).toBeAllClose([2]);
  });

  test("has the singular values of the decomposition, for more rows than columns and for fewer", () => {
    for (const [rows, dim] of [[40, 7], [7, 40], [6, 6]] as const) {
      const values = random("values", rows, dim).dataSync<"float32">();
      const expected = new SingularValueDecomposition(Matrix.from1DArray(rows, dim, values), { autoTranspose: true }).diagonal;
      expect(singularValues(values, dim)).toBeAllClose(expected, { relative: 1e-10, absolute: 0 });
    }
  });

  test("leaves no tensor but its result behind", async () => {
    const embeddings = random("embeddings", 6, 3);
    await expectNoLeaks(() => { rankMe(embeddings).dispose(); });
  });

  test("refuses anything but [N, D]", () => {
    expect(() => rankMe(zeros([2, 3, 4]) as unknown as Float<"N D">)).toThrow(ShapeError);
  });
});
