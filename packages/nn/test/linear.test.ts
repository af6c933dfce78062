import { ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import {
  add,
  dispose,
  grads,
  matMul,
  type Rank,
  relu,
  reshape,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  type Tensor3D,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { gelu, linear } from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

const plain = (x: Tensor, weight: Tensor, bias?: Tensor): Tensor => {
  const product = matMul(reshape(x, [-1, weight.shape[1]!]), weight, false, true);
  return reshape(bias === undefined ? product : add(product, bias), [...x.shape.slice(0, -1), weight.shape[0]]);
};

test("multiplies with the weight as PyTorch lays it out", () => {
  const y = linear(
    tensor2d([[1, 2]]),
    tensor2d([
      [1, 10],
      [100, 1000],
      [0, -1],
    ]),
    tensor1d([0.5, 0, 0]),
  );
  expect(y).toBeAllClose([21.5, 2100, -2]);
});

describe.each([{ shape: [4, 6] }, { shape: [2, 3, 6] }])("value and gradients for $shape", ({ shape }) => {
  const inputs = (): Tensor[] => [randomTensor("x", shape), randomTensor("weight", [5, 6]), randomTensor("bias", [5])];

  test("with bias", () => {
    expectSameFunction(
      (x, weight, bias) => linear(x as Tensor3D, weight, bias),
      (x, weight, bias) => plain(x, weight, bias),
      inputs(),
    );
  });

  test("without bias", () => {
    expectSameFunction(
      (x, weight) => linear(x as Tensor3D, weight),
      (x, weight) => plain(x, weight),
      inputs().slice(0, 2),
    );
  });

  test.each([
    ["gelu", gelu],
    ["relu", relu],
  ] as const)("then %s", (name, activation) => {
    expectSameFunction(
      (x, weight, bias) => linear(x as Tensor3D, weight, bias, name),
      (x, weight, bias) => activation(plain(x, weight, bias)),
      inputs(),
    );
  });
});

test("refuses a weight that does not fit", () => {
  expect(() => linear(randomTensor<Rank.R2>("x", [4, 6]), randomTensor("weight", [6, 5]))).toThrow(
    "[@ssl-vit/nn] weight: expected shape [-1, 6], received [6, 5]",
  );
  expect(() => linear(randomTensor<Rank.R2>("x", [4, 6]), randomTensor("weight", [5, 6]), randomTensor("bias", [6]))).toThrow(ShapeError);
});

test("leaves no tensor behind", async () => {
  const inputs = [randomTensor("x", [2, 3, 6]), randomTensor("weight", [5, 6]), randomTensor("bias", [5])];
  await expectNoLeaks(() => {
    dispose(grads((x, weight, bias) => sum(linear(x as Tensor3D, weight, bias, "gelu")))(inputs));
  });
});
