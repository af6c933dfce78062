import { ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { add, grad, grads, mul, slice, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { infoNce, type InfoNceOptions } from "../src/index.js";
import { expectSameOnRanks } from "./expect-same-on-ranks.js";
import { describeGolden } from "./golden-suite.js";
import { randomRows } from "./random-rows.js";

describeGolden("infoNce", ([query, key], options: InfoNceOptions) => infoNce(query as Float<"B D">, key as Float<"B D">, options));

describe("infoNce", () => {
  const [query, key] = [randomRows("query"), randomRows("key")];

  it("is 2·temperature·ln B where all embeddings are the same, whatever their length", () => {
    const same = tensor2d(Array.from({ length: 5 }, (_, row) => [row + 1, 2 * row + 2]));
    expect(infoNce(same, mul(same, 3), { temperature: 0.2 })).toBeAllClose([0.4 * Math.log(5)]);
  });

  it("is the same on several processes as on one with the whole batch", () => {
    expectSameOnRanks({
      loss: ([q, k], collective) => infoNce(q as Float<"B D">, k as Float<"B D">, { temperature: 0.2, collective }),
      inputs: [query, key],
      differentiated: [0],
    });
  });

  it("gives the key no gradient", () => {
    expect(() => grads((q: Tensor, k: Tensor) => infoNce(q as Float<"B D">, k as Float<"B D">, { temperature: 0.2 }))([query, key])).toThrow(/gradient/);
  });

  it("is finite for rows of zeros", () => {
    const gradient = grad((q: Tensor) => infoNce(q as Float<"B D">, key, { temperature: 0.2 }))(zeros([6, 5]));
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it("refuses keys of another shape and temperatures that are not above 0", () => {
    expect(() => infoNce(query, randomRows("key", 5), { temperature: 0.2 })).toThrow(ShapeError);
    for (const temperature of [0, NaN]) expect(() => infoNce(query, key, { temperature })).toThrow(ConfigError);
  });

  it("refuses a batch of one image, whose key is the only one, and takes one on each of two processes", () => {
    const options = { temperature: 0.2 };
    const [q, k] = [randomRows("query", 2), randomRows("key", 2)];
    const single: Float<"B D"> = slice(q, 0, 1);
    expect(() => infoNce(single, single, options)).toThrow(ShapeError);
    expect(() => infoNce(single, single, options)).toThrow("[@ssl-vit/losses] query: expected at least 2 rows, received [1, 5].");
    const [a, b] = onRanks(2, (collective) => infoNce(slice(q, collective.rank, 1), slice(k, collective.rank, 1), { ...options, collective }));
    expect(mul(add(a!, b!), 0.5)).toBeAllClose(infoNce(q, k, options));
  });

  it("leaves no tensor behind, with and without gradients", async () => {
    await expectNoLeaks(() => { infoNce(query, key, { temperature: 0.2 }).dispose(); });
    await expectNoLeaks(() => { grad((q: Tensor) => infoNce(q as Float<"B D">, key, { temperature: 0.2 }))(query).dispose(); });
  });
});
