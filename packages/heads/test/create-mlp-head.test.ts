import { ConfigError, createRandom, type ForwardContext, type ParameterMap, singleProcess } from "@ssl-vit/core";
import { createBatchNorm, gelu, linear, xavierUniform } from "@ssl-vit/nn";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose, mean, relu, type Scalar, square, sub, sum, tensor2d, type Tensor2D, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createMlpHead, type MlpHeadOptions } from "../src/index.js";

const random = createRandom(2);
const training: ForwardContext = { training: true, random, collective: singleProcess };
const x = tensor2d(random.derive("x").normals(6 * 5), [6, 5]);

const simclr: MlpHeadOptions = {
  dims: [5, 5, 4, 3],
  hiddenBias: false,
  hiddenNorm: true,
  activation: "relu",
  outputBias: false,
  outputNorm: "scale",
};

const shapesOf = (variables: ParameterMap): Record<string, number[]> =>
  Object.fromEntries(Object.entries(variables).map(([name, { shape }]) => [name, shape]));

describe("names and shapes", () => {
  test("SimCLR's head: no biases, the last normalisation without β", () => {
    const { parameters, buffers } = createMlpHead(random, simclr);
    expect(shapesOf(parameters)).toEqual({
      "0.weight": [5, 5],
      "0.norm.weight": [5],
      "0.norm.bias": [5],
      "1.weight": [4, 5],
      "1.norm.weight": [4],
      "1.norm.bias": [4],
      "2.weight": [3, 4],
      "2.norm.weight": [3],
    });
    expect(shapesOf(buffers)).toEqual(
      Object.fromEntries([5, 4, 3].flatMap((dim, index) => ["mean", "var"].map((kind) => [`${index}.norm.running_${kind}`, [dim]]))),
    );
  });

  test.each([
    ["none", ["1.weight", "1.bias"]],
    ["affine", ["1.weight", "1.bias", "1.norm.weight", "1.norm.bias"]],
    ["scale", ["1.weight", "1.bias", "1.norm.weight"]],
    ["plain", ["1.weight", "1.bias"]],
  ] as const)("an output normalisation %s", (outputNorm, expected) => {
    const head = createMlpHead(random, { ...simclr, dims: [5, 4, 3], hiddenNorm: false, hiddenBias: true, outputBias: true, outputNorm });
    expect(Object.keys(head.parameters)).toEqual(["0.weight", "0.bias", ...expected]);
    expect(Object.keys(head.buffers)).toHaveLength(outputNorm === "none" ? 0 : 2);
  });
});

describe("values", () => {
  test("linear, batch statistics, ReLU; linear, batch statistics", () => {
    const head = createMlpHead(random, { ...simclr, dims: [5, 4, 3] });
    const standardize = (rows: Tensor2D): Tensor2D => createBatchNorm({ dim: rows.shape[1] }).apply(rows, training);
    const hidden = relu(standardize(linear(x, head.parameters["0.weight"]!)));
    const output = head.apply(x, training);
    expect(output).toBeAllClose(standardize(linear(hidden, head.parameters["1.weight"]!)), { absolute: 1e-6 });
    // The output has mean 0 and (but for ε) deviation 1 in each column.
    expect(mean(output, 0)).toBeAllClose([0, 0, 0], { absolute: 1e-5 });
  });

  test("normEpsilon is added to the variance, of the hidden and of the output normalisation", () => {
    const head = createMlpHead(random, { ...simclr, dims: [5, 4, 3], normEpsilon: 0.5 });
    const standardize = (rows: Tensor2D): Tensor2D => createBatchNorm({ dim: rows.shape[1], epsilon: 0.5 }).apply(rows, training);
    const hidden = relu(standardize(linear(x, head.parameters["0.weight"]!)));
    expect(head.apply(x, training)).toBeAllClose(standardize(linear(hidden, head.parameters["1.weight"]!)), { absolute: 1e-6 });
  });

  test("without normalisation: GELU between, nothing after the last", () => {
    const head = createMlpHead(random, {
      ...simclr,
      hiddenNorm: false,
      hiddenBias: true,
      activation: "gelu",
      outputBias: true,
      outputNorm: "none",
    });
    const p = head.parameters;
    const first = gelu(linear(x, p["0.weight"]!, p["0.bias"]));
    const second = gelu(linear(first, p["1.weight"]!, p["1.bias"]));
    expect(head.apply(x)).toBeAllClose(linear(second, p["2.weight"]!, p["2.bias"]));
  });

  test("evaluation uses the running statistics", () => {
    const head = createMlpHead(random, simclr);
    const before = head.apply(x);
    head.apply(x, training);
    const after = head.apply(x);
    expect(sum(square(sub(after, before))).dataSync()[0]).toBeGreaterThan(1e-6);
    expect(head.apply(x)).toBeAllClose(after, { absolute: 0 });
  });

  test("two widths are one linear layer, and initialize makes its weight", () => {
    const head = createMlpHead(random, { ...simclr, dims: [5, 4], outputBias: true, outputNorm: "none", initialize: xavierUniform });
    expect(Object.keys(head.parameters)).toEqual(["0.weight", "0.bias"]);
    expect(Math.max(...head.parameters["0.weight"]!.dataSync())).toBeGreaterThan(0.3);
    expect(head.apply(x)).toBeAllClose(linear(x, head.parameters["0.weight"]!, head.parameters["0.bias"]));
  });
});

test("refuses a head without a layer", () => {
  expect(() => createMlpHead(random, { ...simclr, dims: [5] })).toThrow(ConfigError);
});

test("leaves no tensor behind", async () => {
  const head = createMlpHead(random, simclr);
  await expectNoLeaks(() => {
    head.apply(x).dispose();
    const { value, grads } = variableGrads(() => sum<Scalar>(head.apply(x, training)), Object.values(head.parameters));
    dispose([value, ...Object.values(grads)]);
  });
});
