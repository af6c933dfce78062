import { ConfigError, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose, tensor2d } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { infoNce, scoredImages } from "../src/index.js";
import { randomRows } from "./random-rows.js";

describe("scoredImages", () => {
  it("is the cosines of all pairs and their softmax, whatever the rows' lengths", () => {
    const { kind, temperature, scores, probabilities } = scoredImages(tensor2d([[2, 0], [0, 3]]), tensor2d([[3, 4], [0, 5]]), 0.5);
    expect([kind, temperature]).toEqual(["images", 0.5]);
    expect(scores).toBeAllClose([0.6, 0, 0.8, 1]);
    const [first, second] = [Math.exp(1.2), Math.exp(1.6)];
    expect(probabilities).toBeAllClose([first / (first + 1), 1 / (first + 1), second / (second + Math.exp(2)), Math.exp(2) / (second + Math.exp(2))]);
  });

  it("has the right alternatives on its diagonal: InfoNCE is made of them", () => {
    const [query, key, temperature] = [randomRows("query"), randomRows("key"), 0.2];
    const right = scoredImages(query, key, temperature).probabilities.arraySync().map((row, image) => -Math.log(row[image]!));
    const mean = right.reduce((total, value) => total + value, 0) / right.length;
    expect(infoNce(query, key, { temperature })).toBeAllClose([2 * temperature * mean]);
  });

  it("leaves no tensor behind", async () => {
    const [queries, keys] = [randomRows("queries"), randomRows("keys")];
    await expectNoLeaks(() => {
      const shown = scoredImages(queries, keys, 0.1);
      dispose([shown.scores, shown.probabilities]);
    });
  });

  it("refuses other shapes, and a temperature of 0", () => {
    expect(() => scoredImages(randomRows("queries"), randomRows("keys", 5), 1)).toThrow(ShapeError);
    expect(() => scoredImages(randomRows("queries"), randomRows("keys", 6, 4), 1)).toThrow(ShapeError);
    expect(() => scoredImages(randomRows("queries"), randomRows("keys"), 0)).toThrow(ConfigError);
  });
});
