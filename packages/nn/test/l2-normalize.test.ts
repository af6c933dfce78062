import { expectNoLeaks } from "@ssl-vit/testing";
import { div, grad, sqrt, square, sum, tensor2d } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { l2Normalize } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

test.each([{ shape: [4, 6] }, { shape: [2, 3, 5] }])("value and gradient for $shape", ({ shape }) => {
  expectSameFunction(
    (x) => l2Normalize(x),
    (x) => div(x, sqrt(sum(square(x), -1, true))),
    [randomTensor("x", shape)],
  );
});

test("a row of zeros stays zero and gets PyTorch's gradient, dy ÷ ε", () => {
  const x = tensor2d([
    [0, 0],
    [3, 4],
  ]);
  expect(l2Normalize(x)).toBeAllClose([0, 0, 0.6, 0.8]);
  expect(grad((input) => sum(l2Normalize(input, 0.01)))(x)).toBeAllClose([100, 100, 0.032, -0.024]);
});

test("a row shorter than ε is divided by ε, a constant", () => {
  const x = tensor2d([[0.3, 0.4]]);
  expect(l2Normalize(x, 2)).toBeAllClose([0.15, 0.2]);
  expect(grad((input) => sum(l2Normalize(input, 2)))(x)).toBeAllClose([0.5, 0.5]);
});

test("leaves no tensor behind", async () => {
  const x = randomTensor("x", [3, 4]);
  await expectNoLeaks(() => {
    l2Normalize(x).dispose();
    grad((input) => sum(l2Normalize(input)))(x).dispose();
  });
});
