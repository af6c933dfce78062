import { ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import {
  add,
  dispose,
  div,
  grads,
  moments,
  mul,
  type Rank,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { layerNorm } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

const composed = (x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor => {
  const { mean, variance } = moments(x, -1, true);
  return add(mul(div(sub(x, mean), sqrt(add(variance, epsilon))), weight), bias);
};

test("normalises by the biased variance", () => {
  const y = layerNorm(tensor2d([[1, 2, 3, 6]]), tensor1d([1, 1, 1, 2]), tensor1d([0, 0, 0, 1]), 0.5);
  const deviation = Math.sqrt(3.5 + 0.5);
  expect(y).toBeAllClose([-2 / deviation, -1 / deviation, 0, 1 + (2 * 3) / deviation]);
});

test.each([{ shape: [4, 6] }, { shape: [2, 3, 6] }])("value and gradients for $shape", ({ shape }) => {
  expectSameFunction(
    (x, weight, bias) => layerNorm(x as Tensor3D, weight, bias, 1e-6),
    (x, weight, bias) => composed(x, weight, bias, 1e-6),
    [add(mul(randomTensor("x", shape), 3), 5), randomTensor("weight", [6]), randomTensor("bias", [6])],
    { absolute: 5e-6, relative: 2e-5 },
  );
});

test("a constant row becomes the bias", () => {
  expect(layerNorm(tensor2d([[4, 4, 4]]), tensor1d([1, 1, 1]), tensor1d([1, 2, 3]), 1e-6)).toBeAllClose([1, 2, 3]);
});

test("refuses parameters of another size", () => {
  expect(() => layerNorm(randomTensor<Rank.R2>("x", [2, 4]), randomTensor("weight", [3]), randomTensor("bias", [4]), 1e-6)).toThrow(
    ShapeError,
  );
});

test("leaves no tensor behind", async () => {
  const inputs = [randomTensor("x", [2, 3, 6]), randomTensor("weight", [6]), randomTensor("bias", [6])];
  await expectNoLeaks(() => {
    dispose(grads((x, weight, bias) => sum(layerNorm(x as Tensor3D, weight, bias, 1e-6)))(inputs));
  });
});
