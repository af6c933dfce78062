import { createRandom, type Encoder } from "@ssl-vit/core";
import { vit, type VitOptions } from "@ssl-vit/vit";
import { add, mul, tensor, tidy } from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { Embedded, Numbers } from "./browser-page.js";
import { largestOf } from "./golden.js";

const random = createRandom(11);

/** An encoder whose every weight is another number. */
export function shaken(options: VitOptions): Encoder {
  const encoder = vit(options)("student");
  for (const [name, variable] of Object.entries(encoder.parameters)) {
    variable.assign(tidy(() => add(variable, mul(tensor(random.derive(name).normals(variable.size), variable.shape), 0.3))));
  }
  return encoder;
}

/** Two images of three channels, in [0, 1]. */
export const imagesOf = (size: number): Numbers => ({ shape: [2, size, size, 3], values: Array.from(random.derive("images", size).uniforms(2 * size * size * 3)) });

/** The largest difference, as a share of the largest value, is 1e-4 at most. */
export function expectNear(received: Numbers, expected: Numbers): void {
  expect(received.shape).toEqual(expected.shape);
  const difference = largestOf(received.values.map((value, index) => value - expected.values[index]!));
  expect(difference / largestOf(expected.values)).toBeLessThanOrEqual(1e-4);
}

/** The same configuration, preprocessing and numbers, and no tensor left behind. */
export function expectEmbedded(received: Embedded, { tokens, features, ...facts }: Embedded): void {
  expect(facts.tensorsLeft).toBe(0);
  expect(received).toMatchObject(facts);
  expectNear(received.tokens, tokens);
  expectNear(received.features, features);
}
