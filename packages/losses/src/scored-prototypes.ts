import { assertShape, type Float, type ScoredAlternatives } from "@ssl-vit/core";
import { clone, div, softmax, tidy } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";

/**
 * What a softmax makes of scores against prototypes, for a method's `signals`.
 *
 * @param scores [R, K], before the temperature; they stay the caller's
 * @returns scores (a handle of their own) and softmax(scores / temperature), both the caller's
 * @throws ShapeError for scores that are not [R, K]; ConfigError for a temperature that is not above 0
 */
export function scoredPrototypes(scores: Float<"R K">, temperature: number): ScoredAlternatives {
  assertShape("losses", "scores", scores, [-1, -1]);
  assertTemperature("temperature", temperature);
  return { kind: "prototypes", scores: clone(scores), temperature, probabilities: tidy(() => softmax<Float<"R K">>(div(scores, temperature))) };
}
