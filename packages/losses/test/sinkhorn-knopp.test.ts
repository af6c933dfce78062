import { ConfigError, createRandom, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { concat, mul, split, sum, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { sinkhornKnopp, type SinkhornKnoppOptions } from "../src/index.js";
import { describeGolden } from "./golden-suite.js";

const scores = (scale = 0.3, rows = 12, prototypes = 4): Float<"B K"> =>
  tensor2d(createRandom(7).normals(rows * prototypes).map((value) => value * scale), [rows, prototypes]);

describeGolden("sinkhornKnopp", ([given], options: SinkhornKnoppOptions) => sinkhornKnopp(given as Float<"B K">, options));

describe("sinkhornKnopp", () => {
  it("gives each image a whole and, after many iterations, each prototype an equal share", () => {
    const assignments = sinkhornKnopp(scores(), { epsilon: 0.2, iterations: 200 });
    expect(sum(assignments, 1)).toBeAllClose(Array.from({ length: 12 }, () => 1));
    expect(sum(assignments, 0)).toBeAllClose([3, 3, 3, 3], { relative: 1e-4 });
  });

  it("is finite for scores that overflow or vanish in exp, and normalised", () => {
    for (const scale of [1e2, 1e4]) {
      const assignments = sinkhornKnopp(scores(scale), { epsilon: 0.05, iterations: 3 });
      expect(sum(assignments, 1)).toBeAllClose(Array.from({ length: 12 }, () => 1));
    }
    expect(sinkhornKnopp(zeros([2, 5]), { epsilon: 0.05, iterations: 3 })).toBeAllClose(Array.from({ length: 10 }, () => 0.2));
  });

  it("does not depend on a number that is added to all scores", () => {
    const options = { epsilon: 0.25, iterations: 3 };
    const shifted = tensor2d(scores().dataSync().map((value) => value + 4), [12, 4]);
    expect(sinkhornKnopp(shifted, options)).toBeAllClose(sinkhornKnopp(scores(), options), { relative: 1e-4 });
  });

  it.each([2, 3])("on %i processes shares the prototypes out over the whole batch", (size) => {
    const options = { epsilon: 0.05, iterations: 3 };
    const parts = onRanks(size, (collective) => sinkhornKnopp(split(scores(), size)[collective.rank] as Float<"B K">, { ...options, collective }));
    expect(concat(parts)).toBeAllClose(sinkhornKnopp(scores(), options));
  });

  it("takes processes with different numbers of images, also with none", () => {
    const options = { epsilon: 0.05, iterations: 3 };
    const sizes = [5, 0, 7];
    const parts = onRanks(3, (collective) => sinkhornKnopp(split(scores(), sizes)[collective.rank] as Float<"B K">, { ...options, collective }));
    expect(parts.map(({ shape }) => shape)).toEqual([[5, 4], [0, 4], [7, 4]]);
    expect(concat([parts[0]!, parts[2]!])).toBeAllClose(sinkhornKnopp(scores(), options));
    expect(sinkhornKnopp(zeros([0, 4]), options).shape).toEqual([0, 4]);
  });

  it("refuses other shapes, an epsilon of 0 and no iteration", () => {
    const options = { epsilon: 0.05, iterations: 3 };
    expect(() => sinkhornKnopp(zeros([2, 3, 4]) as unknown as Float<"B K">, options)).toThrow(ShapeError);
    expect(() => sinkhornKnopp(scores(), { ...options, epsilon: 0 })).toThrow("[@ssl-vit/losses] epsilon: expected a finite number above 0, received 0.");
    for (const iterations of [0, 1.5]) expect(() => sinkhornKnopp(scores(), { ...options, iterations })).toThrow(ConfigError);
  });

  it("leaves no tensor behind", async () => {
    const given = mul<Float<"B K">>(scores(), 1);
    await expectNoLeaks(() => { sinkhornKnopp(given, { epsilon: 0.05, iterations: 3 }).dispose(); });
  });
});
