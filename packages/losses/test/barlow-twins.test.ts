import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, grads, mul, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { barlowTwins, type BarlowTwinsOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const loss = (options: BarlowTwinsOptions) => (z0: Tensor, z1: Tensor) => barlowTwins(z0 as Float<"B D">, z1 as Float<"B D">, options);

describeGolden("barlowTwins", ([z0, z1], options: BarlowTwinsOptions) => loss(options)(z0!, z1!));

describe("barlowTwins", () => {
  const options = { redundancyWeight: 0.0051 };

  it("is 0 where views agree and columns are uncorrelated (up to epsilon: 2 columns of 1e-10 each)", () => {
    const z = tensor2d([[1, 1], [1, -1], [-1, 1], [-1, -1]]);
    expect(barlowTwins(z, z, options)).toBeAllClose([0]);
  });

  it("is D·(D − 1)·weight where all columns are the same", () => {
    const z = tensor2d([[1, 1, 1], [-1, -1, -1]]);
    expect(barlowTwins(z, z, { redundancyWeight: 0.01 })).toBeAllClose([0.06], { absolute: 2e-6 });
  });

  it("does not depend on the scale and the mean of a column", () => {
    const [z0, z1] = [randomRows("z0"), randomRows("z1")];
    const moved: Float<"B D"> = add(mul(z0, tensor2d([[2, 3, 4, 5, 6]])), 1);
    expect(barlowTwins(moved, z1, options)).toBeAllClose(barlowTwins(z0, z1, options), { relative: 1e-4 });
  });

  it.each([["fewer", 12], ["more", 4]])("is the same on several processes as on one with the whole batch, with %s rows than columns", (_, columns) => {
    expectSameOnRanks({
      loss: ([z0, z1], collective) => loss({ ...options, collective })(z0!, z1!),
      inputs: [randomRows("z0", 6, columns), randomRows("z1", 6, columns)],
    });
  });

  it("is finite, gradients included, where a column is constant", () => {
    for (const gradient of grads(loss(options))([zeros([4, 3]), zeros([4, 3])])) expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("refuses views of different shapes and a single row", () => {
    expect(() => barlowTwins(randomRows("z0"), randomRows("z1", 5), options)).toThrow(ShapeError);
    expect(() => barlowTwins(zeros([1, 3]), zeros([1, 3]), options)).toThrow("[@ssl-vit/losses] z0: expected at least 2 rows, received [1, 3].");
  });

  it.each([12, 4])("leaves no tensor behind, with and without gradients: %i columns", async (columns) => {
    const [z0, z1] = [randomRows("z0", 6, columns), randomRows("z1", 6, columns)];
    await expectNoLeaks(() => { barlowTwins(z0, z1, options).dispose(); });
    await expectNoLeaks(() => { for (const gradient of grads(loss(options))([z0, z1])) gradient.dispose(); });
  });
});
