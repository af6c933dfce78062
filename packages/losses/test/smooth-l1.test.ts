import { ConfigError, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, grads, reshape, tensor1d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { smoothL1, type SmoothL1Options } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

describeGolden("smoothL1", ([prediction, target], options: SmoothL1Options) => smoothL1(prediction!, target!, options));

describe("smoothL1", () => {
  it("is d²/(2β) below β and |d| − β/2 above, averaged", () => {
    const prediction = tensor1d([1, -3]);
    expect(smoothL1(prediction, zeros([2]), { beta: 2 })).toBeAllClose([(1 / 4 + 2) / 2]);
    const gradient = grad((x: Tensor) => smoothL1(x, zeros([2]), { beta: 2 }))(prediction);
    expect([...gradient.dataSync()]).toEqual([0.25, -0.5]);
  });

  it("takes any shape, and a beta of 1 where none is given", () => {
    const [prediction, target] = [randomRows("prediction"), randomRows("target")];
    expect(smoothL1(reshape(prediction, [2, 3, 5]), reshape(target, [2, 3, 5]))).toBeAllClose(smoothL1(prediction, target, { beta: 1 }));
  });

  it("gives the target no gradient", () => {
    expect(() => grads((p: Tensor, t: Tensor) => smoothL1(p, t))([randomRows("prediction"), randomRows("target")])).toThrow(/gradient/);
  });

  it("refuses a target of another shape and a beta that is not above 0", () => {
    expect(() => smoothL1(zeros([2, 3]), zeros([2, 4]))).toThrow(ShapeError);
    for (const beta of [0, -1, NaN]) expect(() => smoothL1(zeros([2]), zeros([2]), { beta })).toThrow(ConfigError);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [prediction, target] = [randomRows("prediction"), randomRows("target")];
    await expectNoLeaks(() => { smoothL1(prediction, target).dispose(); });
    await expectNoLeaks(() => { grad((x: Tensor) => smoothL1(x, target))(prediction).dispose(); });
  });
});
