import { ConfigError, createRandom, type ForwardContext, ShapeError, singleProcess } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import {
  add,
  dispose,
  grad,
  mul,
  type Rank,
  type Scalar,
  sigmoid,
  split,
  sub,
  sum,
  type Tensor3D,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  attention,
  attentionProbabilities,
  type BlockOptions,
  createBlock,
  dropPath,
  gelu,
  layerNorm,
  linear,
  xavierUniform,
} from "../src/index.js";
import { expectSameFunction, randomTensor } from "./expect-same-function.js";

const options: BlockOptions = { dim: 6, numHeads: 2, mlpRatio: 2 };
const random = createRandom(5);
const tokens = randomTensor<Rank.R3>("tokens", [3, 4, 6]);
const training: ForwardContext = { training: true, random: random.derive("step"), collective: singleProcess };

const shapesOf = (parameters: Readonly<Record<string, Variable>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape]));

test("parameters have timm's names, layout and order", () => {
  const { parameters } = createBlock(random, { ...options, layerScale: 0.1 });
  expect(shapesOf(parameters)).toEqual({
    "norm1.weight": [6],
    "norm1.bias": [6],
    "attn.qkv.weight": [18, 6],
    "attn.qkv.bias": [18],
    "attn.proj.weight": [6, 6],
    "attn.proj.bias": [6],
    "ls1.gamma": [6],
    "norm2.weight": [6],
    "norm2.bias": [6],
    "mlp.fc1.weight": [12, 6],
    "mlp.fc1.bias": [12],
    "mlp.fc2.weight": [6, 12],
    "mlp.fc2.bias": [6],
    "ls2.gamma": [6],
  });
  const fewer = Object.keys(createBlock(random, { ...options, qkvBias: false }).parameters);
  expect(fewer).not.toContain("attn.qkv.bias");
  expect(fewer).not.toContain("ls1.gamma");
});

test("is x + ls1·attn(norm1(x)), then x + ls2·mlp(norm2(x)); with gradients of input and parameters", () => {
  const block = createBlock(random, { ...options, layerScale: 0.5 });
  for (const [name, parameter] of Object.entries(block.parameters))
    parameter.assign(add(parameter, mul(randomTensor(name, parameter.shape), 0.3)));
  const p = block.parameters as Record<string, Variable>;
  const composed = (x: Tensor3D): Tensor3D => {
    const qkv = linear(layerNorm(x, p["norm1.weight"]!, p["norm1.bias"]!, 1e-6), p["attn.qkv.weight"]!, p["attn.qkv.bias"]);
    const attended = linear(attention(qkv, 2), p["attn.proj.weight"]!, p["attn.proj.bias"]);
    const middle = add<Tensor3D>(x, mul(attended, p["ls1.gamma"]!));
    const hidden = gelu(linear(layerNorm(middle, p["norm2.weight"]!, p["norm2.bias"]!, 1e-6), p["mlp.fc1.weight"]!, p["mlp.fc1.bias"]));
    return add(middle, mul(linear(hidden, p["mlp.fc2.weight"]!, p["mlp.fc2.bias"]), p["ls2.gamma"]!));
  };
  expectSameFunction(
    (x) => block.apply(x as Tensor3D),
    (x) => composed(x as Tensor3D),
    [tokens],
  );

  const loss = (output: Tensor3D): Scalar => sum(mul(output, tokens));
  const variables = Object.values(block.parameters);
  const received = variableGrads(() => loss(block.apply(tokens)), variables).grads;
  const expected = variableGrads(() => loss(composed(tokens)), variables).grads;
  for (const [name, { name: key }] of Object.entries(block.parameters)) {
    expect(received[key]!, name).toBeAllClose(expected[key]!, { absolute: 1e-5 });
  }
});

test("swiglu: fc2(silu(a)·b) for [a, b] = fc1, ⅔ as wide in multiples of 8; with gradients", () => {
  const block = createBlock(random, { ...options, mlp: "swiglu", mlpRatio: 3 });
  // ⅔ of 18 is 12, which is rounded up to 16.
  expect(shapesOf(block.parameters)).toMatchObject({ "mlp.fc1.weight": [32, 6], "mlp.fc1.bias": [32], "mlp.fc2.weight": [6, 16], "mlp.fc2.bias": [6] });
  for (const [name, parameter] of Object.entries(block.parameters))
    parameter.assign(add(parameter, mul(randomTensor(name, parameter.shape), 0.3)));
  const p = block.parameters as Record<string, Variable>;
  const composed = (x: Tensor3D): Tensor3D => {
    const qkv = linear(layerNorm(x, p["norm1.weight"]!, p["norm1.bias"]!, 1e-6), p["attn.qkv.weight"]!, p["attn.qkv.bias"]);
    const middle = add<Tensor3D>(x, linear(attention(qkv, 2), p["attn.proj.weight"]!, p["attn.proj.bias"]));
    const [gate, value] = split(linear(layerNorm(middle, p["norm2.weight"]!, p["norm2.bias"]!, 1e-6), p["mlp.fc1.weight"]!, p["mlp.fc1.bias"]), 2, -1) as [Tensor3D, Tensor3D];
    return add(middle, linear(mul<Tensor3D>(mul(gate, sigmoid(gate)), value), p["mlp.fc2.weight"]!, p["mlp.fc2.bias"]));
  };
  expectSameFunction(
    (x) => block.apply(x as Tensor3D),
    (x) => composed(x as Tensor3D),
    [tokens],
  );
  const loss = (output: Tensor3D): Scalar => sum(mul(output, tokens));
  const variables = Object.values(block.parameters);
  const received = variableGrads(() => loss(block.apply(tokens)), variables).grads;
  const expected = variableGrads(() => loss(composed(tokens)), variables).grads;
  for (const [name, { name: key }] of Object.entries(block.parameters)) expect(received[key]!, name).toBeAllClose(expected[key]!, { absolute: 1e-5 });
});

test("attention gives the probabilities of its own norm and projection", () => {
  const block = createBlock(random, options);
  const p = block.parameters as Record<string, Variable>;
  const qkv = linear(layerNorm(tokens, p["norm1.weight"]!, p["norm1.bias"]!, 1e-6), p["attn.qkv.weight"]!, p["attn.qkv.bias"]);
  expect(block.attention(tokens)).toBeAllClose(attentionProbabilities(qkv, 2));
});

test("drop path skips branches in training alone, each by its own draw", () => {
  const always = createBlock(random, options);
  const block = createBlock(random, { ...options, dropPathRate: 0.5 });
  expect(block.apply(tokens)).toBeAllClose(always.apply(tokens), { absolute: 0 });
  expect(block.apply(tokens, { ...training, training: false })).toBeAllClose(always.apply(tokens), { absolute: 0 });

  const output = block.apply(tokens, training);
  expect(block.apply(tokens, training)).toBeAllClose(output, { absolute: 0 });
  const p = block.parameters as Record<string, Variable>;
  const normed = layerNorm(tokens, p["norm1.weight"]!, p["norm1.bias"]!, 1e-6);
  const attended = linear(
    attention(linear(normed, p["attn.qkv.weight"]!, p["attn.qkv.bias"]), 2),
    p["attn.proj.weight"]!,
    p["attn.proj.bias"],
  );
  const middle = add<Tensor3D>(tokens, dropPath(attended, 0.5, training.random.derive("attn")));
  const hidden = linear(layerNorm(middle, p["norm2.weight"]!, p["norm2.bias"]!, 1e-6), p["mlp.fc1.weight"]!, p["mlp.fc1.bias"], "gelu");
  const branch = dropPath(linear(hidden, p["mlp.fc2.weight"]!, p["mlp.fc2.bias"]), 0.5, training.random.derive("mlp"));
  expect(sub(output, middle)).toBeAllClose(branch, { absolute: 1e-6 });
});

test("initialize makes every weight matrix", () => {
  const { parameters } = createBlock(random, { ...options, initialize: xavierUniform });
  const largest = Math.max(...parameters["mlp.fc1.weight"]!.dataSync().map(Math.abs));
  expect(largest).toBeGreaterThan(0.4);
  expect(largest).toBeLessThanOrEqual(Math.sqrt(6 / 18));
});

test("refuses heads that do not divide the width, and tokens of another width", () => {
  expect(() => createBlock(random, { ...options, numHeads: 4 })).toThrow(ConfigError);
  expect(() => createBlock(random, options).apply(randomTensor("tokens", [1, 2, 5]))).toThrow(ShapeError);
});

test.each(["gelu", "swiglu"] as const)("leaves no tensor behind, with %s", async (mlp) => {
  const block = createBlock(random, { ...options, mlp, layerScale: 0.1, dropPathRate: 0.3 });
  await expectNoLeaks(() => {
    block.apply(tokens, training).dispose();
    block.attention(tokens).dispose();
    grad((x) => sum(block.apply(x as Tensor3D, training)))(tokens).dispose();
    const { value, grads } = variableGrads(() => sum<Scalar>(block.apply(tokens, training)), Object.values(block.parameters));
    dispose([value, ...Object.values(grads)]);
  });
});
