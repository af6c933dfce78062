import { ConfigError, type Float, ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose, log, mul, type Rank, tensor2d, tidy, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { scoredPrototypes } from "../src/index.js";
import { randomRows } from "./random-rows.js";

describe("scoredPrototypes", () => {
  it("is the softmax of the scores by their temperature", () => {
    // Odds of 1 : 2 : 3 at temperature 0.5.
    const scores: Float<"R K"> = tidy(() => mul(log(tensor2d([[1, 2, 3], [5, 5, 0.001]])), 0.5));
    const { kind, temperature, probabilities, scores: shown } = scoredPrototypes(scores, 0.5);
    expect([kind, temperature]).toEqual(["prototypes", 0.5]);
    expect(shown).toBeAllClose([...scores.dataSync()]);
    expect(probabilities).toBeAllClose([1 / 6, 2 / 6, 3 / 6, 5 / 10.001, 5 / 10.001, 0.001 / 10.001]);
  });

  it("leaves the given scores to the caller, and nothing of its own", async () => {
    const scores = randomRows("scores");
    await expectNoLeaks(() => {
      const shown = scoredPrototypes(scores, 0.1);
      dispose([shown.scores, shown.probabilities]);
    });
    expect(scores.isDisposed).toBe(false);
  });

  it("refuses other than rows, and a temperature of 0", () => {
    expect(() => scoredPrototypes(zeros<Rank>([2, 3, 4]) as Float<"R K">, 1)).toThrow(ShapeError);
    expect(() => scoredPrototypes(randomRows("scores"), 0)).toThrow(ConfigError);
  });
});
