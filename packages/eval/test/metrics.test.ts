import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, mul, ones, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { alignment, rankMe, uniformity } from "../src/index.js";
import { singularValues } from "../src/singular-values.js";

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

describe("alignment", () => {
  test("is the mean distance of views to a power, 2 by default, whatever their lengths", () => {
    expect(alignment(axes, axes)).toBeAllClose([0]);
    const quarterTurned = tensor2d([[0, 5], [0, 1]]);
    expect(alignment(axes, quarterTurned)).toBeAllClose([(2 + 0) / 2]);
    expect(alignment(axes, quarterTurned, { alpha: 1 })).toBeAllClose([Math.SQRT2 / 2]);
  });

  test("leaves no tensor but its result behind", async () => {
    await expectNoLeaks(() => { alignment(axes, axes).dispose(); });
  });

  test("refuses views of different shapes", () => {
    expect(() => alignment(axes, random("z1", 3, 2))).toThrow("[@ssl-vit/eval] z1: expected shape [2, 2], received [3, 2]. Both views must hold the same images.");
  });
});

describe("uniformity", () => {
  test("is 0 under collapse and −t·distance² for two embeddings", () => {
    expect(uniformity(ones([4, 3]))).toBeAllClose([0]);
    expect(uniformity(axes)).toBeAllClose([-4]);
    expect(uniformity(tensor2d([[1, 0], [-1, 0]]), { t: 3 })).toBeAllClose([-12]);
  });

  test("is the same by chunks of rows", () => {
    const embeddings = random("embeddings", 600, 2).arraySync().map(([x, y]) => [x! / Math.hypot(x!, y!), y! / Math.hypot(x!, y!)] as const);
    let total = 0;
    for (const [row, [x, y]] of embeddings.entries()) for (const [u, v] of embeddings.slice(row + 1)) total += Math.exp(-2 * ((x - u) ** 2 + (y - v) ** 2));
    expect(uniformity(random("embeddings", 600, 2))).toBeAllClose([Math.log(total / (300 * 599))]);
  });

  test("leaves no tensor but its result behind", async () => {
    await expectNoLeaks(() => { uniformity(axes).dispose(); });
  });

  test("refuses a single row", () => {
    expect(() => uniformity(ones([1, 3]))).toThrow("[@ssl-vit/eval] embeddings: expected at least 2 rows, received [1, 3].");
  });
});
