import { createRandom, type Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { ones, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { alignment, uniformity } from "../src/index.js";

const random = (name: string, rows: number, dim: number): Float<"N D"> => tensor2d(createRandom(6).derive(name).normals(rows * dim), [rows, dim]);
const axes = tensor2d([[2, 0], [0, 3]]);

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
