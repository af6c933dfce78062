import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grads, mul, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { vicreg, type VicregOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const loss = (options: VicregOptions) => (z0: Tensor, z1: Tensor) => vicreg(z0 as Float<"B D">, z1 as Float<"B D">, options);

describeGolden("vicreg", ([z0, z1], options: VicregOptions) => loss(options)(z0!, z1!));

describe("vicreg", () => {
  const paper = { invarianceWeight: 25, varianceWeight: 25, covarianceWeight: 1 };
  const only = (weight: keyof VicregOptions): VicregOptions => ({ invarianceWeight: 0, varianceWeight: 0, covarianceWeight: 0, [weight]: 1 });

  it("weighs the squared difference, the mean over views of the hinge, and the sum over views of the covariances", () => {
    // Columns of deviation ½·√(4/3); the covariance of the two columns of z1 is 1/3, that of z0 is 0.
    const z0 = tensor2d([[0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, -0.5]]);
    const z1 = tensor2d([[0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [-0.5, -0.5]]);
    expect(vicreg(z0, z1, only("invarianceWeight"))).toBeAllClose([2 / 8]);
    expect(vicreg(z0, z1, only("varianceWeight"))).toBeAllClose([1 - Math.sqrt(1 / 3 + 1e-4)]);
    expect(vicreg(z0, z1, only("covarianceWeight"))).toBeAllClose([(2 * (1 / 3) ** 2) / 2]);
  });

  it("has no variance term where every column varies by more than 1", () => {
    const z = mul<Float<"B D">>(randomRows("z", 8, 3), 10);
    expect(vicreg(z, z, only("varianceWeight"))).toBeAllClose([0]);
  });

  it.each([["fewer", 12], ["more", 4]])("is the same on several processes as on one with the whole batch, with %s rows than columns", (_, columns) => {
    expectSameOnRanks({
      loss: ([z0, z1], collective) => loss({ ...paper, collective })(z0!, z1!),
      inputs: [mul(randomRows("z0", 6, columns), 0.7), mul(randomRows("z1", 6, columns), 0.7)],
      tolerance: { absolute: 2e-6 },
    });
  });

  it("is finite, gradients included, under collapse", () => {
    for (const gradient of grads(loss(paper))([zeros([4, 3]), zeros([4, 3])])) expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("refuses views of different shapes and a single row", () => {
    expect(() => vicreg(randomRows("z0"), randomRows("z1", 5), paper)).toThrow(ShapeError);
    expect(() => vicreg(zeros([1, 3]), zeros([1, 3]), paper)).toThrow("[@ssl-vit/losses] z0: expected at least 2 rows, received [1, 3].");
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [z0, z1] = [randomRows("z0"), randomRows("z1")];
    await expectNoLeaks(() => { vicreg(z0, z1, paper).dispose(); });
    await expectNoLeaks(() => { for (const gradient of grads(loss(paper))([z0, z1])) gradient.dispose(); });
  });
});
