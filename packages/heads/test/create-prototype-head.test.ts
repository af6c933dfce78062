import { ConfigError, createRandom } from "@ssl-vit/core";
import { l2Normalize } from "@ssl-vit/nn";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose, mean, mul, norm, type Scalar, sum, tensor, tensor2d, type Variable, variableGrads } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createMlpHead, createPrototypeHead, createPrototypes, type PrototypeHeadOptions } from "../src/index.js";

const random = createRandom(4);
const options: PrototypeHeadOptions = { inputDim: 5, hiddenDim: 6, bottleneckDim: 4, prototypes: 7 };
const rows = 3;
const x = tensor2d(random.derive("x").normals(rows * 5), [rows, 5]);

const values = (variable: Variable): number[] => [...variable.dataSync()];

test("names and shapes; a fixed length is a buffer, a learned one a parameter", () => {
  const { parameters, buffers } = createPrototypeHead(random, options);
  expect(Object.entries(parameters).map(([name, { shape }]) => [name, shape])).toEqual([
    ["mlp.0.weight", [6, 5]],
    ["mlp.0.bias", [6]],
    ["mlp.1.weight", [6, 6]],
    ["mlp.1.bias", [6]],
    ["mlp.2.weight", [4, 6]],
    ["mlp.2.bias", [4]],
    ["last_layer.weight_v", [7, 4]],
  ]);
  expect(Object.entries(buffers).map(([name, { shape }]) => [name, shape])).toEqual([["last_layer.weight_g", [7, 1]]]);
  expect(buffers["last_layer.weight_g"]!).toBeAllClose(new Float32Array(7).fill(1), { absolute: 0 });

  const learned = createPrototypeHead(random, { ...options, normalizeLastLayer: false, layers: 1 });
  expect(Object.keys(learned.parameters)).toEqual(["mlp.0.weight", "mlp.0.bias", "last_layer.weight_v", "last_layer.weight_g"]);
  expect(learned.buffers).toEqual({});
  expect(Object.keys(createPrototypeHead(random, { inputDim: 8, prototypes: 2 }).parameters)).toHaveLength(7);
});

test("start: the perceptron 0.02, the prototypes PyTorch's uniform", () => {
  const { parameters } = createPrototypeHead(random, { inputDim: 64, hiddenDim: 128, bottleneckDim: 64, prototypes: 200 });
  const deviation = (name: string): number => {
    const drawn = values(parameters[name]!);
    return Math.sqrt(drawn.reduce((total, value) => total + value ** 2, 0) / drawn.length);
  };
  expect(deviation("mlp.0.weight")).toBeAllClose(0.02, { relative: 0.05 });
  expect(deviation("last_layer.weight_v")).toBeAllClose(1 / 8 / Math.sqrt(3), { relative: 0.05 });
});

describe.each([true, false])("weight normalisation with normalizeLastLayer %s", (normalizeLastLayer) => {
  const create = () => {
    const head = createPrototypeHead(random, { ...options, normalizeLastLayer });
    const direction = head.parameters["last_layer.weight_v"]!;
    direction.assign(tensor(random.derive("directions").normals(28), [7, 4]));
    const length = head.parameters["last_layer.weight_g"];
    length?.assign(tensor(random.derive("lengths").normals(7), [7, 1]));
    return { head, direction, length };
  };

  /** Σ weight·x̂·(g·v ÷ ‖v‖) in float64. */
  const formula = (bottleneck: number[], v: number[], g: number[], lossWeights: ArrayLike<number>): number => {
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      for (let prototype = 0; prototype < 7; prototype++) {
        const direction = v.slice(prototype * 4, prototype * 4 + 4);
        const norm = Math.sqrt(direction.reduce((total, value) => total + value ** 2, 0));
        const along = direction.reduce((total, value, index) => total + value * bottleneck[row * 4 + index]!, 0);
        loss += (lossWeights[row * 7 + prototype]! * along * g[prototype]!) / norm;
      }
    }
    return loss;
  };

  test("equals the formula, and its gradients finite differences of it", () => {
    const { head, direction, length } = create();
    const perceptron = createMlpHead(random.derive("mlp"), {
      dims: [5, 6, 6, 4],
      hiddenBias: true,
      hiddenNorm: false,
      activation: "gelu",
      outputBias: true,
      outputNorm: "none",
    });
    const bottleneck = [...l2Normalize(perceptron.apply(x)).dataSync()];
    const weights = tensor2d(random.derive("weights of the loss").normals(rows * 7), [rows, 7]);
    const lossWeights = weights.dataSync();
    const [v, g] = [values(direction), length === undefined ? new Array<number>(7).fill(1) : values(length)];
    const loss = (): number => formula(bottleneck, v, g, lossWeights);

    const variables = length === undefined ? [direction] : [direction, length];
    const { value, grads } = variableGrads(() => sum<Scalar>(mul(head.apply(x), weights)), variables);
    expect(value).toBeAllClose(loss(), { relative: 1e-5 });
    const differences = (point: number[]): number[] =>
      point.map((at, index) => {
        const step = 1e-5;
        point[index] = at + step;
        const above = loss();
        point[index] = at - step;
        const below = loss();
        point[index] = at;
        return (above - below) / (2 * step);
      });
    expect(grads[direction.name]!).toBeAllClose(differences(v), { absolute: 2e-6 });
    if (length !== undefined) expect(grads[length.name]!).toBeAllClose(differences(g), { absolute: 2e-6 });
  });

  test("scores are cosines times the lengths, whatever the length of v", () => {
    const { head, direction, length } = create();
    const before = head.apply(x);
    const bound = length === undefined ? 1 : Math.max(...values(length).map(Math.abs));
    expect(Math.max(...before.dataSync().map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-6));
    direction.assign(mul(direction, 3));
    expect(head.apply(x)).toBeAllClose(before, { absolute: 1e-6 });
  });
});

test("embeds in unit rows, and the mean of scores is the score of the mean", () => {
  const head = createPrototypeHead(random, { ...options, normalizeLastLayer: false });
  head.parameters["last_layer.weight_g"]!.assign(tensor(random.derive("lengths").normals(7), [7, 1]));
  const embedded = head.embed(x);
  expect(norm(embedded, "euclidean", 1)).toBeAllClose([1, 1, 1]);
  const scores = head.apply(x);
  expect(head.score(embedded)).toBeAllClose([...scores.dataSync()], { absolute: 0, relative: 0 });
  expect(head.score(mean(embedded, 0, true))).toBeAllClose([...mean(scores, 0).dataSync()], { absolute: 1e-6 });
});

test("more prototypes on the same embedding: their own names, their own start", () => {
  const [first, second] = [createPrototypes(random.derive("first"), { dim: 4, prototypes: 7 }), createPrototypes(random.derive("second"), { dim: 4, prototypes: 9, normalizeLastLayer: false })];
  expect([first, second].map(({ parameters, buffers }) => [Object.keys(parameters), Object.keys(buffers)])).toEqual([
    [["weight_v"], ["weight_g"]],
    [["weight_v", "weight_g"], []],
  ]);
  const rowsOfBoth = [first, second].map((prototypes) => prototypes.score(createPrototypeHead(random, options).embed(x)));
  expect(rowsOfBoth.map(({ shape }) => shape)).toEqual([[3, 7], [3, 9]]);
  expect(values(first.parameters["weight_v"]!).slice(0, 4)).not.toEqual(values(second.parameters["weight_v"]!).slice(0, 4));
});

test("gradients reach the perceptron", () => {
  const head = createPrototypeHead(random, options);
  const { parameters } = head;
  const { grads } = variableGrads(
    () => sum<Scalar>(mul(head.apply(x), tensor2d(random.derive("w").normals(rows * 7), [rows, 7]))),
    Object.values(parameters),
  );
  for (const [name, { name: key }] of Object.entries(parameters))
    expect(Math.max(...grads[key]!.dataSync().map(Math.abs)), name).toBeGreaterThan(0);
});

test("refuses a head without layers", () => {
  expect(() => createPrototypeHead(random, { ...options, layers: 0 })).toThrow(ConfigError);
});

test("leaves no tensor behind", async () => {
  for (const normalizeLastLayer of [true, false]) {
    const head = createPrototypeHead(random, { ...options, normalizeLastLayer });
    await expectNoLeaks(() => {
      head.apply(x).dispose();
      const { value, grads } = variableGrads(() => sum<Scalar>(head.apply(x)), Object.values(head.parameters));
      dispose([value, ...Object.values(grads)]);
    });
  }
});
