import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, grad, mul, ones, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { sigreg, type SigregOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

const loss = (directions: Float<"M D">, options?: SigregOptions) => (x: Tensor) => sigreg(x as Float<"N D">, directions, options);

describeGolden("sigreg", ([embeddings, directions], options: SigregOptions) => loss(directions as Float<"M D">, options)(embeddings!), new URL("golden/sigreg.json", import.meta.url));

describe("sigreg", () => {
  const directions = randomRows("directions", 7);

  it("is smaller for standard normal embeddings than for wider, narrower or shifted ones", () => {
    const normal = tensor2d(createRandom(2).normals(500 * 5), [500, 5]);
    const value = (x: Tensor): number => loss(directions)(x).dataSync()[0]!;
    const least = value(normal);
    for (const factor of [0.5, 2]) expect(value(mul(normal, factor))).toBeGreaterThan(10 * least);
    expect(value(add(normal, 1))).toBeGreaterThan(10 * least);
  });

  it("does not depend on the length of a direction", () => {
    const embeddings = randomRows("embeddings");
    expect(sigreg(embeddings, mul(directions, 5))).toBeAllClose(sigreg(embeddings, directions));
  });

  it("is the same on several processes as on one with the whole batch", () => {
    expectSameOnRanks({ loss: ([x], collective) => loss(directions, { collective })(x!), inputs: [randomRows("embeddings")] });
  });

  it("is finite, gradient included, under collapse and for large embeddings", () => {
    for (const embeddings of [mul(ones([6, 5]), 0), mul(randomRows("embeddings"), 1e4)]) {
      expect(Number.isFinite(loss(directions)(embeddings).dataSync()[0])).toBe(true);
      expect([...grad(loss(directions))(embeddings).dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it("refuses directions of another dimension and options out of range", () => {
    const embeddings = randomRows("embeddings");
    expect(() => sigreg(embeddings, randomRows("directions", 7, 4))).toThrow(ShapeError);
    for (const wrong of [{ knots: 1 }, { knots: 2.5 }, { maxFrequency: 0 }, { maxFrequency: Infinity }]) {
      expect(() => sigreg(embeddings, directions, wrong)).toThrow(ConfigError);
    }
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    const embeddings = randomRows("embeddings");
    await expectNoLeaks(() => { loss(directions)(embeddings).dispose(); });
    await expectNoLeaks(() => { grad(loss(directions))(embeddings).dispose(); });
  });
});
