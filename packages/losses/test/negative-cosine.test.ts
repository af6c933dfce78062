import { type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, grads, mul, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { negativeCosine } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

describeGolden("negativeCosine", ([prediction, target]) => negativeCosine(prediction as Float<"B D">, target as Float<"B D">));

describe("negativeCosine", () => {
  const [prediction, target] = [randomRows("prediction"), randomRows("target")];

  it("is −1 where directions agree and 1 where they are opposite, whatever the lengths", () => {
    expect(negativeCosine(prediction, mul(prediction, 9))).toBeAllClose([-1]);
    expect(negativeCosine(mul(prediction, -0.1), prediction)).toBeAllClose([1]);
  });

  it("gives the target no gradient", () => {
    expect(() => grads((p: Tensor, t: Tensor) => negativeCosine(p as Float<"B D">, t as Float<"B D">))([prediction, target])).toThrow(/gradient/);
  });

  it("is finite for rows of zeros", () => {
    const gradient = grad((p: Tensor) => negativeCosine(p as Float<"B D">, target))(zeros([6, 5]));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("refuses a target of another shape", () => {
    expect(() => negativeCosine(prediction, randomRows("target", 6, 4))).toThrow(ShapeError);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    await expectNoLeaks(() => { negativeCosine(prediction, target).dispose(); });
    await expectNoLeaks(() => { grad((p: Tensor) => negativeCosine(p as Float<"B D">, target))(prediction).dispose(); });
  });
});
