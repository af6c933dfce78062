import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose, mul, type Rank, type Scalar, sum, variableGrads } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createLayerNorm, createLinear, createMlp, filled, layerNorm, linear } from "../src/index.js";
import { randomTensor } from "./expect-same-function.js";

const random = createRandom(5);
const x = randomTensor<Rank.R3>("x", [2, 3, 4]);

test("createLinear: weight [out, in] with deviation 0.02, bias 0, the given start and activation", () => {
  const layer = createLinear(random, { inputDim: 400, outputDim: 50 });
  expect(layer.parameters["weight"]!.shape).toEqual([50, 400]);
  const values = [...layer.parameters["weight"]!.dataSync()];
  expect(Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / values.length)).toBeAllClose(0.02, { relative: 0.03 });
  expect(layer.parameters["bias"]!).toBeAllClose(new Float32Array(50));

  const bare = createLinear(random, {
    inputDim: 4,
    outputDim: 2,
    bias: false,
    activation: "relu",
    initialize: (_, shape) => filled(shape, -1),
  });
  expect(Object.keys(bare.parameters)).toEqual(["weight"]);
  expect(bare.apply(x)).toBeAllClose(linear(x, filled([2, 4], -1), undefined, "relu"));
});

test("trap 9, createLayerNorm has an ε of 1e-6, not PyTorch's 1e-5; it starts as the plain normalisation", () => {
  const layer = createLayerNorm({ dim: 4 });
  // So small that ε counts as much as the variance.
  const small: typeof x = mul(x, 1e-3);
  expect(layer.apply(small)).toBeAllClose(layerNorm(small, filled([4], 1), filled([4], 0), 1e-6));
  expect([...layer.apply(small).dataSync()]).not.toBeAllClose([...layerNorm(small, filled([4], 1), filled([4], 0), 1e-5).dataSync()], { relative: 0.1 });
  expect(createLayerNorm({ dim: 4, epsilon: 1 }).apply(x)).toBeAllClose(layerNorm(x, filled([4], 1), filled([4], 0), 1));
  expect(Object.keys(layer.parameters)).toEqual(["weight", "bias"]);
});

test("createMlp: fc2(gelu(fc1(x)))", () => {
  const mlp = createMlp(random, { dim: 4, hiddenDim: 7 });
  const { parameters } = mlp;
  expect(Object.keys(parameters)).toEqual(["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]);
  const hidden = linear(x, parameters["fc1.weight"]!, parameters["fc1.bias"], "gelu");
  expect(mlp.apply(x)).toBeAllClose(linear(hidden, parameters["fc2.weight"]!, parameters["fc2.bias"]));
});

test("layers leave no tensor behind", async () => {
  const rows = randomTensor<Rank.R2>("rows", [5, 4]);
  for (const layer of [
    createLinear(random, { inputDim: 4, outputDim: 2, activation: "gelu" }),
    createLayerNorm({ dim: 4 }),
    createMlp(random, { dim: 4, hiddenDim: 7 }),
  ]) {
    await expectNoLeaks(() => {
      layer.apply(rows).dispose();
      const { value, grads } = variableGrads(() => sum<Scalar>(layer.apply(x)), Object.values(layer.parameters));
      dispose([value, ...Object.values(grads)]);
    });
  }
});
