import { createRandom } from "@ssl-vit/core";
import type { Tolerance } from "@ssl-vit/testing";
import { dispose, grads, mul, type Rank, type ShapeMap, sum, tensor, type Tensor, tidy, util } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** A tensor of standard normal numbers, the same at every call. */
export function randomTensor<R extends Rank = Rank>(name: string, shape: ShapeMap[R]): Tensor<R> {
  return tensor(createRandom(7).derive(name).normals(util.sizeFromShape(shape)), shape);
}

/** Expects a function to equal the same function written with plain tfjs ops: values, and gradients of Σ f·w for a random w. */
export function expectSameFunction(received: TensorFunction, expected: TensorFunction, inputs: Tensor[], tolerance: Tolerance = {}): void {
  const value = received(...inputs);
  const expectedValue = expected(...inputs);
  expect(value.shape).toEqual(expectedValue.shape);
  expect(value).toBeAllClose(expectedValue, tolerance);

  const weights = randomTensor("weights of the loss", value.shape);
  const gradientsOf = (run: TensorFunction): Tensor[] =>
    tidy(() => grads((...given: Tensor[]) => sum(mul(run(...given), weights)))(inputs));
  const gradients = gradientsOf(received);
  const expectedGradients = gradientsOf(expected);
  for (const [index, gradient] of gradients.entries())
    expect(gradient, `gradient ${index}`).toBeAllClose(expectedGradients[index]!, tolerance);
  dispose([value, expectedValue, weights, ...gradients, ...expectedGradients]);
}
