import { assertShape, type Float, type ScoredAlternatives } from "@ssl-vit/core";
import { div, softmax, tidy } from "@tensorflow/tfjs-core";
import { assertTemperature } from "./assert-temperature.js";
import { cosines } from "./cosines.js";

/**
 * How a contrastive loss tells the images of a batch apart, for a method's `signals`: row r's right alternative is alternative r.
 *
 * @param queries embeddings of one view, any length; rows are L2-normalised here
 * @param keys embeddings of another view, row by row of the same images
 * @returns the cosines [B, B] and their softmax, both the caller's
 * @throws ShapeError when the shapes differ; ConfigError for a temperature that is not above 0
 */
export function scoredImages(queries: Float<"B D">, keys: Float<"B D">, temperature: number): ScoredAlternatives {
  assertShape("losses", "queries", queries, [-1, -1]);
  assertShape("losses", "keys", keys, queries.shape, "Both views must hold the same images.");
  assertTemperature("temperature", temperature);
  const scores = cosines(queries, keys);
  return { kind: "images", scores, temperature, probabilities: tidy(() => softmax<Float<"R K">>(div(scores, temperature))) };
}
