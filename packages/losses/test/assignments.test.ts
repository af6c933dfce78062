import { ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, div, grad, logSoftmax, slice, softmax, stack, sum, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { cosines, msnAssignments, sinkhornKnopp, swavAssignments } from "../src/index.js";
import { randomRows } from "./random-rows.js";

describe("swavAssignments", () => {
  const sinkhorn = { epsilon: 0.5, iterations: 3 };
  const views = ["first", "second"].map((name) => randomRows(name));
  const queues = ["first queue", "second queue"].map((name) => randomRows(name, 8));
  const [scores, queueScores] = [stack(views) as Float<"V B K">, stack(queues) as Float<"V Q K">];

  it("is Sinkhorn-Knopp of each view alone without a queue, and of the view's rows beside its queue with one", () => {
    expect(swavAssignments(scores, sinkhorn)).toBeAllClose(stack(views.map((view) => sinkhornKnopp(view, sinkhorn))));
    const beside = views.map((view, index) => slice(sinkhornKnopp(concat([queues[index]!, view]), sinkhorn), [8, 0]));
    expect(swavAssignments(scores, { ...sinkhorn, queueScores })).toBeAllClose(stack(beside));
  });

  it("leaves no tensor behind, is a constant to the gradient, and refuses a queue of other prototypes or views", async () => {
    await expectNoLeaks(() => { swavAssignments(scores, { ...sinkhorn, queueScores }).dispose(); });
    expect(() => grad((given: Tensor) => sum(swavAssignments(given as Float<"V B K">, sinkhorn)))(scores)).toThrow(/gradient/);
    expect(() => swavAssignments(scores, { ...sinkhorn, queueScores: stack([...queues, queues[0]!]) as Float<"V Q K"> })).toThrow(ShapeError);
    expect(() => swavAssignments(scores, { ...sinkhorn, queueScores: stack([0, 1].map((name) => randomRows(String(name), 8, 4))) as Float<"V Q K"> })).toThrow(ShapeError);
    expect(() => swavAssignments(scores, { ...sinkhorn, epsilon: 0 })).toThrow(ConfigError);
  });
});

describe("msnAssignments", () => {
  const [targets, prototypes] = [randomRows("targets"), randomRows("prototypes", 4)];
  const options = { temperature: 0.5, sharpenTemperature: 0.25, sinkhornIterations: 3 };

  it("is the softmax of the cosines, sharpened, and shared out where there are iterations", () => {
    const sharpened = div(cosines(targets, prototypes), 0.5 * 0.25);
    expect(msnAssignments(targets, prototypes, { ...options, sinkhornIterations: 0 })).toBeAllClose(softmax(sharpened));
    expect(msnAssignments(targets, prototypes, options)).toBeAllClose(sinkhornKnopp(logSoftmax(sharpened) as Float<"B K">, { epsilon: 1, iterations: 3 }));
  });

  it("leaves no tensor behind, and is a constant to the gradient", async () => {
    await expectNoLeaks(() => { msnAssignments(targets, prototypes, options).dispose(); });
    expect(() => grad((given: Tensor) => sum(msnAssignments(given as Float<"B D">, prototypes, options)))(targets)).toThrow(/gradient/);
  });
});
