/**
 * Beta and gamma variables.
 *
 * Gamma: Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000), with their step from shape + 1 to a shape below 1.
 * Logarithms throughout: with a shape of 0.01 most gamma variables are smaller than the smallest float64.
 */
import type { Random } from "@ssl-vit/core";

/** Logarithm of a gamma variable of a shape > 0 and scale 1. */
function drawLogGamma(shape: number, random: Random): number {
  if (shape < 1) return drawLogGamma(shape + 1, random) + Math.log(1 - random.derive("power").uniform()) / shape;
  const mean = shape - 1 / 3;
  const spread = 1 / Math.sqrt(9 * mean);
  for (let attempt = 0; ; attempt++) {
    const draws = random.derive(attempt);
    const normal = draws.derive("normal").normals(1)[0]!;
    const cubeRoot = 1 + spread * normal;
    if (cubeRoot <= 0) continue;
    const logCube = 3 * Math.log(cubeRoot);
    if (Math.log(1 - draws.derive("accept").uniform()) < 0.5 * normal * normal + mean * (1 - cubeRoot ** 3 + logCube)) return Math.log(mean) + logCube;
  }
}

/** A number in [0, 1] from Beta(α, β), α and β > 0. */
export function drawBeta(alpha: number, beta: number, random: Random): number {
  return 1 / (1 + Math.exp(drawLogGamma(beta, random.derive("beta")) - drawLogGamma(alpha, random.derive("alpha"))));
}
