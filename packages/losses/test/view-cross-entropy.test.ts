import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { grad, grads, profile, softmax, tensor, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import { describe, expect, it } from "vitest";
import { viewCrossEntropy, type ViewCrossEntropyOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const temperature = 0.1;
const random = (name: string, views: number, scale: number): Float<"V B K"> =>
  tensor(createRandom(4).derive(name, views).normals(views * 3 * 5).map((value) => value * scale), [views, 3, 5]);
const scores = (views: number): Float<"V B K"> => random("scores", views, 0.3);
const targets = (views: number): Float<"V B K"> => softmax(random("targets", views, 2));
const loss = (x: Tensor, q: Tensor): Tensor => viewCrossEntropy(x as Float<"V B K">, q as Float<"V B K">, { temperature });

describeGolden("viewCrossEntropy", ([given, goals], options: ViewCrossEntropyOptions) => viewCrossEntropy(given as Float<"V B K">, goals as Float<"V B K">, options));

/** Loss and gradient, pair by pair, in float64. */
function pairByPair(given: number[][][], goals: number[][][]): { loss: number; gradient: number[] } {
  const pairs = goals.flatMap((_, t) => given.flatMap((_, v) => (t === v ? [] : [[t, v] as const])));
  const share = 1 / (pairs.length * given[0]!.length);
  const logProbabilities = given.map((view) =>
    view.map((row) => {
      const logSum = Math.log(row.reduce((total, value) => total + Math.exp(value / temperature), 0));
      return row.map((value) => value / temperature - logSum);
    }),
  );
  const gradient = given.map((view) => view.map((row) => row.map(() => 0)));
  let total = 0;
  for (const [t, v] of pairs) {
    for (const [image, row] of logProbabilities[v]!.entries()) {
      for (const [k, logProbability] of row.entries()) {
        const goal = goals[t]![image]![k]!;
        total -= share * goal * logProbability;
        gradient[v]![image]![k]! += (share * (Math.exp(logProbability) - goal)) / temperature;
      }
    }
  }
  return { loss: total, gradient: gradient.flat(2) };
}

describe.each(testBackends("cpu", "wasm", ...native))("viewCrossEntropy on %s", (backend) => {
  useBackend(backend);

  it.each([[2, 2], [5, 2], [6, 1], [2, 3], [1, 2]])("is the mean over pairs of different views, gradient included: %i views, %i with targets", (views, targetViews) => {
    tidy(() => {
      const [given, goals] = [scores(views), targets(targetViews)];
      const expected = pairByPair(given.arraySync(), goals.arraySync());
      expect(loss(given, goals)).toBeAllClose([expected.loss]);
      expect(grad((x: Tensor) => loss(x, goals))(given)).toBeAllClose(expected.gradient);
    });
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const [given, goals] = [scores(5), targets(2)];
    await expectNoLeaks(() => { loss(given, goals).dispose(); });
    await expectNoLeaks(() => { grad((x: Tensor) => loss(x, goals))(given).dispose(); });
  });
});

describe("viewCrossEntropy", () => {
  it("gives the targets no gradient", () => {
    expect(() => grads(loss)([scores(2), targets(2)])).toThrow(/gradient/);
  });

  it("refuses shapes that do not belong together, a single view, and a temperature of 0", () => {
    expect(() => loss(scores(2), zeros([2, 3, 4]))).toThrow(ShapeError);
    expect(() => loss(scores(1), targets(1))).toThrow("[@ssl-vit/losses] scores: expected at least 2 views, received [1, 3, 5]. A view is never compared with itself.");
    expect(() => viewCrossEntropy(scores(2), targets(2), { temperature: 0 })).toThrow(ConfigError);
  });
});

describe.each(native)("viewCrossEntropy on %s", (backend) => {
  useBackend(backend);

  it("is one fused kernel each way for all views", async () => {
    const [given, goals] = [scores(5), targets(2)];
    const { kernelNames } = await profile(() => grad((x: Tensor) => loss(x, goals))(given));
    for (const name of ["SoftmaxCrossEntropy", "SoftmaxCrossEntropyGrad"]) expect(kernelNames).toContain(name);
    expect(kernelNames).not.toContain("Softmax");
  });
});
