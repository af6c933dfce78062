import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { concat, grads, tensor, tensor3d, type Tensor, unstack, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { sinkhornKnopp, swappedPrediction, type SwappedPredictionOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";

const options = { temperature: 0.1, epsilon: 0.05, iterations: 3 };
const scores = (name: string, views: number, batch = 6, prototypes = 4): Float<"V B K"> =>
  tensor(createRandom(8).derive(name).normals(views * batch * prototypes).map((value) => value * 0.3), [views, batch, prototypes]);
const loss = (given: SwappedPredictionOptions) => (globals: Tensor, locals: Tensor) => swappedPrediction(globals as Float<"V B K">, locals as Float<"V B K">, given);

describeGolden("swappedPrediction", ([globals, locals, queueScores], given: SwappedPredictionOptions) =>
  loss(queueScores === undefined ? given : { ...given, queueScores: queueScores as Float<"V Q K"> })(globals!, locals!),
);

describe("swappedPrediction", () => {
  it("is ln K where the predictions are uniform", () => {
    expect(swappedPrediction(zeros([2, 3, 4]), zeros([3, 3, 4]), options)).toBeAllClose([Math.log(4)]);
  });

  it("needs no small views", () => {
    const [globals, locals] = [scores("globals", 2), scores("locals", 3)];
    const withoutLocals = swappedPrediction(globals, zeros([0, 6, 4]), options);
    expect(Number.isFinite(withoutLocals.dataSync()[0])).toBe(true);
    // Of the 8 pairs with 3 small views, 2 are pairs of global views.
    const localPairs = swappedPrediction(globals, locals, options).dataSync()[0]! * 8 - withoutLocals.dataSync()[0]! * 2;
    const crossEntropies = [0, 1].flatMap((view) => {
      const targets = sinkhornKnopp(unstack(globals)[view] as Float<"B K">, options).arraySync();
      return locals.arraySync().map((local) => meanCrossEntropy(targets, local));
    });
    expect(localPairs).toBeAllClose([crossEntropies.reduce((total, value) => total + value)], { relative: 1e-4 });
  });

  it("assigns along with a queue, which predicts nothing", () => {
    const [globals, locals, queueScores] = [scores("globals", 2), scores("locals", 1), scores("queue", 2, 9)];
    const received = swappedPrediction(globals, locals, { ...options, queueScores });
    const views = [...globals.arraySync(), ...locals.arraySync()];
    const expected = [0, 1].flatMap((view) => {
      const rows = concat([unstack(queueScores)[view]!, unstack(globals)[view]!]) as Float<"B K">;
      const targets = sinkhornKnopp(rows, options).arraySync().slice(9);
      return views.filter((_, other) => other !== view).map((other) => meanCrossEntropy(targets, other));
    });
    expect(received).toBeAllClose([expected.reduce((total, value) => total + value) / 4], { relative: 1e-4 });
  });

  it("is the same on several processes as on one with the whole batch", () => {
    expectSameOnRanks({
      loss: ([globals, locals], collective) => loss({ ...options, collective })(globals!, locals!),
      inputs: [scores("globals", 2), scores("locals", 3)],
      batchAxes: [1, 1],
    });
  });

  it("refuses shapes that do not belong together and options out of range", () => {
    const globals = scores("globals", 2);
    expect(() => swappedPrediction(globals, scores("locals", 3, 5), options)).toThrow(ShapeError);
    expect(() => swappedPrediction(scores("one", 1), zeros([0, 6, 4]), options)).toThrow("expected at least 2 views, received [1, 6, 4].");
    expect(() => swappedPrediction(globals, globals, { ...options, queueScores: zeros([1, 9, 4]) })).toThrow("queueScores: expected shape [2, -1, 4], received [1, 9, 4].");
    for (const wrong of [{ temperature: 0 }, { epsilon: -1 }, { iterations: 0 }]) expect(() => swappedPrediction(globals, globals, { ...options, ...wrong })).toThrow(ConfigError);
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [globals, locals] = [scores("globals", 2), tensor3d(scores("locals", 1).arraySync())];
    await expectNoLeaks(() => { loss(options)(globals, locals).dispose(); });
    await expectNoLeaks(() => { for (const gradient of grads(loss(options))([globals, locals])) gradient.dispose(); });
  });
});

/** −Σ q·log softmax(scores / temperature), averaged over rows, in float64. */
function meanCrossEntropy(targets: number[][], given: number[][]): number {
  const rows = given.map((row, image) => {
    const logits = row.map((value) => value / options.temperature);
    const logSum = Math.log(logits.reduce((total, value) => total + Math.exp(value), 0));
    return logits.reduce((total, value, k) => total - targets[image]![k]! * (value - logSum), 0);
  });
  return rows.reduce((total, value) => total + value, 0) / rows.length;
}
