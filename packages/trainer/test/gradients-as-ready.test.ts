import { withGradient } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { add, dispose, matMul, mul, neg, relu, type Scalar, square, sum, tensor2d, type Variable, variable, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradientsAsReady } from "../src/gradients-as-ready.js";

describe("gradientsAsReady", () => {
  let variables: Variable[] = [];
  beforeAll(() => {
    variables = [[[1, 2], [3, 4]], [[0.5, -1], [2, 1]], [[1, -1]], [[3, 3]]].map((values) => {
      const initial = tensor2d(values);
      const made = variable(initial);
      initial.dispose();
      return made;
    });
  });
  afterAll(() => {
    dispose(variables);
  });

  /** The first is used by one operation, the second by two, the third by one twice, the last by an operation with a gradient of its own. */
  const loss = (): Scalar => {
    const [once, twice, squared, custom] = variables as [Variable, Variable, Variable, Variable];
    const hidden = relu(matMul(matMul(once, twice), twice));
    const doubled = withGradient([custom], () => mul(custom, 2), (dy) => [mul(dy, 2)]);
    return sum(add(mul(hidden, mul(squared, squared)), doubled));
  };

  it("gives tfjs's gradients, and tells of those that nothing is added to any more, the last layers' first", () => {
    const expected = variableGrads(loss, variables);
    const told: [number, number[]][] = [];
    const received = gradientsAsReady(loss, variables, (index, gradient) => told.push([index, [...gradient.dataSync()]]));
    expect(received.value.dataSync()).toEqual(expected.value.dataSync());
    for (const { name } of variables) expect(received.grads[name]!.dataSync()).toEqual(expected.grads[name]!.dataSync());
    expect(told).toEqual([3, 0].map((index) => [index, [...expected.grads[variables[index]!.name]!.dataSync()]]));
    dispose([expected.value, received.value, ...Object.values(expected.grads), ...Object.values(received.grads)]);
  });

  it("leaves out what the loss does not depend on", () => {
    const told: number[] = [];
    const { value, grads } = gradientsAsReady(() => { neg(variables[2]!).dispose(); return sum(square(variables[0]!)); }, variables, (index) => told.push(index));
    // mul(x, x) uses it twice.
    expect(told).toEqual([0]);
    expect(grads[variables[2]!.name]).toBeUndefined();
    dispose([value, grads[variables[0]!.name]!]);
  });

  it("leaks nothing", async () => {
    await expectNoLeaks(() => {
      const { value, grads } = gradientsAsReady(loss, variables, () => undefined);
      dispose([value, ...Object.values(grads)]);
    });
  });
});
