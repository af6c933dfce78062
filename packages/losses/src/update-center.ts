import { assertShape, ConfigError, type Float } from "@ssl-vit/core";
import { add, mean, mul, tidy } from "@tensorflow/tfjs-core";

/** Options of {@link updateCenter}. */
export interface UpdateCenterOptions {
  /** Share of the old center that is kept, in [0, 1]. DINO's is 0.9. */
  readonly momentum: number;
}

/**
 * DINO's running mean of the teacher's scores: momentum·center + (1 − momentum)·mean over views and images
 * (https://arxiv.org/abs/2104.14294, equation 4). It is linear in the scores: on several processes, `allReduce(…, "mean")` of
 * the results, or of the scores' means beforehand, is the center of the whole batch.
 *
 * @returns the new center, [K], that the caller owns
 * @throws ShapeError when the numbers of prototypes differ; ConfigError for a momentum outside [0, 1]
 */
export function updateCenter(center: Float<"K">, teacher: Float<"V B K">, { momentum }: UpdateCenterOptions): Float<"K"> {
  assertShape("losses", "center", center, [-1]);
  assertShape("losses", "teacher", teacher, [-1, -1, center.shape[0]], "The center has one value for each of the teacher's prototypes.");
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new ConfigError({ package: "losses", what: "momentum", expected: "a number in [0, 1]", received: String(momentum) });
  }
  return tidy(() => add<Float<"K">>(mul(center, momentum), mul(mean(teacher, [0, 1]), 1 - momentum)));
}
