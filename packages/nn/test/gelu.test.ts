import { expectNoLeaks } from "@ssl-vit/testing";
import { add, erf, grad, mul, sum, tensor1d, valueAndGrad } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { gelu } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

test("gives PyTorch's values", () => {
  const x = tensor1d([-5, -1, -0.5, 0, 0.5, 1, 3]);
  const expected = [-1.43326e-6, -0.158655254, -0.154268769, 0, 0.345731231, 0.841344746, 2.99595031];
  expect(gelu(x)).toBeAllClose(expected, { absolute: 1e-6 });
});

test("is the same while a gradient is recorded, and has the composed form's gradient", () => {
  const x = mul(randomTensor("x", [5, 7]), 2);
  const plain = gelu(x);
  const { value, grad: gradient } = valueAndGrad(gelu)(x, x);
  expect(value).toBeAllClose(plain, { absolute: 0, relative: 0 });
  expect(gradient.shape).toEqual([5, 7]);
  expectSameFunction(
    (input) => gelu(input),
    (input) => mul(mul(input, 0.5), add(1, erf(mul(input, Math.SQRT1_2)))),
    [x],
    { absolute: 1e-6 },
  );
});

test("its derivative far out is 0 and 1", () => {
  expect(grad((x) => sum(gelu(x)))(tensor1d([-30, 30]))).toBeAllClose([0, 1]);
});

test("leaves no tensor behind", async () => {
  const x = randomTensor("x", [3, 4]);
  await expectNoLeaks(() => {
    gelu(x).dispose();
    grad((input) => sum(gelu(input)))(x).dispose();
  });
});
