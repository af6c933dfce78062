import type { Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, div, grad, moments, sqrt, square, sub, sum, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { normalizeTokens } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

test.each([{ shape: [4, 6] }, { shape: [2, 3, 5] }])("value and gradient for $shape", ({ shape }) => {
  expectSameFunction(
    (x) => normalizeTokens(x as Float<"B N D">, 0.1),
    (x) => {
      const { mean, variance } = moments(x, -1, true);
      return div(sub(x, mean), sqrt(add(variance, 0.1)));
    },
    [randomTensor("x", shape)],
  );
});

test("has PyTorch's ε of 1e-5 where none is given, and makes equal values 0", () => {
  const x = tensor2d([
    [0.001, -0.001],
    [7, 7],
  ]);
  // The variance is 1e-6, a tenth of ε.
  expect(normalizeTokens(x)).toBeAllClose([1 / Math.sqrt(11), -1 / Math.sqrt(11), 0, 0]);
});

test("leaves no tensor behind", async () => {
  const x = randomTensor("x", [3, 4]) as Float<"B D">;
  await expectNoLeaks(() => {
    normalizeTokens(x).dispose();
    grad((input: Float<"B D">) => sum(square(normalizeTokens(input))))(x).dispose();
  });
});
