import type { Tensor } from "@tensorflow/tfjs-core";
import { byPart } from "./by-part.js";
import { squaredDistances } from "./squared-distances.js";

/** `gradientNorm/PART`: the length of the gradient of each part, before clipping. Gradients by parameter. */
export function measureGradients(gradients: Readonly<Record<string, Tensor>>): Record<string, number> {
  const parts = [...byPart(Object.keys(gradients))];
  const squares = squaredDistances(parts.map(([, names]) => [names.map((name) => gradients[name]!)]));
  return Object.fromEntries(parts.map(([part], index) => [`gradientNorm/${part}`, Math.sqrt(squares[index]!)]));
}
