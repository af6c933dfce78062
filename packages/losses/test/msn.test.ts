import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grads, reshape, tensor2d, tensor3d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { msn, type MsnOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const paper = { temperature: 0.1, sharpenTemperature: 0.25, sinkhornIterations: 3, meanEntropyWeight: 1 };
const loss = (anchors: Tensor, targets: Tensor, prototypes: Tensor, options: MsnOptions = paper): Tensor =>
  msn(anchors as Float<"A D">, targets as Float<"B D">, prototypes as Float<"K D">, options);

describeGolden("msn", ([anchors, targets, prototypes], options: MsnOptions) => loss(anchors!, targets!, prototypes!, options));

describe("msn", () => {
  const [anchors, targets, prototypes] = [randomRows("anchors", 12), randomRows("targets"), randomRows("prototypes", 4)];

  it("has no entropy term where the anchors use all prototypes alike, and ln K at most", () => {
    const axes = tensor2d([[1, 0], [-1, 0], [0, 1], [0, -1]]);
    const entropyTerm = (embeddings: Tensor): number => {
      const [withTerm, without] = [1, 0].map((meanEntropyWeight) => loss(embeddings, embeddings, axes, { ...paper, temperature: 0.01, meanEntropyWeight }));
      return withTerm!.dataSync()[0]! - without!.dataSync()[0]!;
    };
    expect(entropyTerm(axes)).toBeAllClose([0], { absolute: 1e-5 });
    expect(entropyTerm(tensor2d([[1, 0], [1, 0]]))).toBeAllClose([Math.log(4)], { absolute: 1e-5 });
  });

  it("sharpens targets without Sinkhorn-Knopp at 0 iterations", () => {
    const axes = tensor2d([[1, 0], [0, 1]]);
    const [anchor, target] = [tensor2d([[1, 1]]), tensor2d([[3, 4]])];
    const odds = Math.exp((0.8 - 0.6) / (0.5 * 0.25)); // of the second prototype, at temperature 0.5 and sharpened by 0.25
    const received = loss(anchor, target, axes, { temperature: 0.5, sharpenTemperature: 0.25, sinkhornIterations: 0, meanEntropyWeight: 0 });
    expect(received).toBeAllClose([Math.log(2)]);
    const against = loss(target, target, axes, { temperature: 0.5, sharpenTemperature: 0.25, sinkhornIterations: 0, meanEntropyWeight: 0 });
    const predicted = Math.exp(0.2 / 0.5);
    expect(against).toBeAllClose([(Math.log(1 + predicted) + odds * Math.log(1 + 1 / predicted)) / (1 + odds)]);
  });

  it("is the same on several processes as on one with the whole batch", () => {
    const views: Float<"V B D"> = tensor3d(createRandom(1).normals(2 * 6 * 5), [2, 6, 5]);
    expectSameOnRanks({
      loss: ([a, t, p], collective) => loss(reshape(a!, [-1, 5]), t!, p!, { ...paper, collective }),
      inputs: [views, targets, prototypes],
      batchAxes: [1, 0, undefined],
      differentiated: [0, 2],
    });
  });

  it("is finite, gradients included, where no anchor is near a prototype and for zeros", () => {
    const sharp = { ...paper, temperature: 1e-3 };
    for (const given of [anchors, zeros([12, 5])]) {
      for (const gradient of grads((a: Tensor, p: Tensor) => loss(a, targets, p, sharp))([given, prototypes])) {
        expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("gives the targets no gradient", () => {
    expect(() => grads((a: Tensor, t: Tensor) => loss(a, t, prototypes))([anchors, targets])).toThrow(/gradient/);
  });

  it("refuses anchors that are no whole number of views, other widths, and options out of range", () => {
    expect(() => loss(randomRows("anchors", 13), targets, prototypes)).toThrow("[@ssl-vit/losses] anchors: expected a multiple of 6 rows, received [13, 5].");
    expect(() => loss(anchors, targets, randomRows("prototypes", 4, 3))).toThrow(ShapeError);
    for (const wrong of [{ temperature: 0 }, { sharpenTemperature: -1 }, { sinkhornIterations: -1 }, { sinkhornIterations: 0.5 }]) {
      expect(() => loss(anchors, targets, prototypes, { ...paper, ...wrong })).toThrow(ConfigError);
    }
    for (const meanEntropyWeight of [NaN, Infinity]) {
      const given = { ...paper, meanEntropyWeight };
      expect(() => loss(anchors, targets, prototypes, given)).toThrow(ConfigError);
      expect(() => loss(anchors, targets, prototypes, given)).toThrow(`[@ssl-vit/losses] meanEntropyWeight: expected a finite number, received ${meanEntropyWeight}.`);
    }
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    await expectNoLeaks(() => { loss(anchors, targets, prototypes).dispose(); });
    await expectNoLeaks(() => {
      for (const gradient of grads((a: Tensor, p: Tensor) => loss(a, targets, p))([anchors, prototypes])) gradient.dispose();
    });
  });
});
