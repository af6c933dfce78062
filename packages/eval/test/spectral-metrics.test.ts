import { createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { almostConstant, expectNoLeaks, withEigenvalues } from "@ssl-vit/testing";
import { ones, tensor2d, tensor3d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { alphaReq, type AlphaReqOptions, lidar } from "../src/index.js";

const random = createRandom(9);
const normals = (name: string, rows: number, dim: number): Float<"N D"> => tensor2d(random.derive(name).normals(rows * dim), [rows, dim]);

describe("alphaReq", () => {
  test("is the exponent of a power law, by eigenvalues 4 to 100 alone", () => {
    const eigenvalues = Array.from({ length: 120 }, (_, index) => (index < 3 ? 1e3 : index < 100 ? (index + 1) ** -1.3 : 1e-9));
    expect(alphaReq(withEigenvalues(eigenvalues))).toBeAllClose([1.3], { relative: 1e-5 });
    expect(alphaReq(withEigenvalues(Array.from({ length: 20 }, (_, index) => (index + 1) ** -0.5)), { from: 1, to: 9 })).toBeAllClose([0.5], { relative: 1e-5 });
  });

  test("leaves out directions that are not used", () => {
    expect(alphaReq(withEigenvalues([9, 9, 9, 1 / 4, 1 / 5, 1 / 6, 0, 0]))).toBeAllClose([1], { relative: 1e-5 });
  });

  test("is not a number where there is nothing to fit", () => {
    const without: Float<"N D">[] = [ones([30, 12]), almostConstant(30, 12), withEigenvalues([1, 1, 1, 1])];
    for (const embeddings of without) expect([...alphaReq(embeddings).dataSync()]).toEqual([Number.NaN]);
  });

  test.each([{ from: 0 }, { from: 5, to: 5 }, { to: 7.5 }])("refuses the range %j", (range) => {
    const { from = 4, to = 100 }: AlphaReqOptions = range;
    expect(() => alphaReq(ones([9, 9]), range)).toThrow(`[@ssl-vit/eval] from and to: expected whole numbers, 1 ≤ from < to, received ${from} and ${to}.`);
  });
});

describe("lidar", () => {
  test("counts the directions that tell images apart, and not those in which views differ", () => {
    // Images differ by ±1 on the first two axes, views of each by ±3 on the third, in which their means agree.
    const views = [[1, 1], [1, -1], [-1, 1], [-1, -1]].map(([x, y]) => [[x!, y!, 3], [x!, y!, -3]]);
    expect(lidar(tensor3d(views))).toBeAllClose([2], { relative: 1e-5 });
  });

  test("weighs a direction by how much views of one image differ in it", () => {
    // Variances of the means 4/3 · (1, 1), of the views (8, 2): shares 1/5 and 4/5.
    const views = [[1, 1], [1, -1], [-1, 1], [-1, -1]].map(([x, y]) => [[x! + 2, y! + 1], [x! + 2, y! - 1], [x! - 2, y! + 1], [x! - 2, y! - 1]]);
    expect(lidar(tensor3d(views), { delta: 1e-9 })).toBeAllClose([5 / 4 ** 0.8], { relative: 1e-5 });
  });

  test("is 0 where the images' embeddings are the same, or the same but for rounding", () => {
    const constants: Float<"N V D">[] = [ones([4, 3, 5]), zeros([4, 3, 5]), tensor3d(almostConstant(12, 5).dataSync(), [4, 3, 5])];
    for (const embeddings of constants) expect([...lidar(embeddings).dataSync()]).toEqual([0]);
  });

  test("refuses a single image and a single view", () => {
    expect(() => lidar(ones([1, 4, 3]))).toThrow("[@ssl-vit/eval] embeddings: expected at least 2 images with 2 views each, received [1, 4, 3].");
    expect(() => lidar(ones([4, 1, 3]))).toThrow(ShapeError);
  });
});

test("leave no tensor but their results behind", async () => {
  const embeddings = normals("embeddings", 30, 12);
  const views = tensor3d(normals("views", 30, 12).dataSync(), [6, 5, 12]);
  await expectNoLeaks(() => {
    for (const value of [alphaReq(embeddings), lidar(views)]) value.dispose();
  });
});
