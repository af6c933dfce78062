import {
  add, engine, erf, grads, matMul, mean, mul, reshape, rsqrt, softmax, split, square, sub, type Tensor, tensor, transpose,
} from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { noise } from "./noise.js";
import { on, type Outcome } from "./on-backend.js";

const product = (shape: readonly number[]): number => shape.reduce((result, size) => result * size, 1);
/** Weights of a size that keeps values near 1 from layer to layer. */
const filled = (shape: number[], seed: number, size = 1): Tensor => tensor(noise(product(shape), seed).map((value) => value * size), shape);
const kernel = (name: string, inputs: Record<string, Tensor>, attributes: object): Tensor[] =>
  [engine().runKernel<Tensor | Tensor[]>(name, inputs as never, attributes as never)].flat();

const layerNorm = (x: Tensor, scale: Tensor, offset: Tensor): Tensor => {
  const centered = sub(x, mean(x, -1, true));
  return add(mul(mul(centered, rsqrt(add(mean(square(centered), -1, true), 1e-6))), scale), offset);
};
const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));
const linear = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => {
  const [batch, tokens, width] = x.shape as [number, number, number];
  return reshape(add(matMul(reshape(x, [batch * tokens, width]), weight, false, true), bias), [batch, tokens, weight.shape[0]]);
};

function expectClose(received: Outcome[], expected: Outcome[]): void {
  expect(received.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  for (const [index, { values }] of received.entries()) expect(values, `result ${index}`).toBeAllClose(expected[index]!.values, { absolute: 2e-3, relative: 2e-4 });
}

// Rows that fill no tile, several jobs, sums in one block and in several, one token, one row.
const sizes = [
  { batch: 3, tokens: 65, heads: 3, depth: 8, hidden: 50 },
  { batch: 2, tokens: 201, heads: 2, depth: 33, hidden: 300 },
  { batch: 5, tokens: 1, heads: 1, depth: 20, hidden: 7 },
  { batch: 1, tokens: 1, heads: 1, depth: 2, hidden: 1 },
];

describe.each(sizes)("a block of $batch x $tokens x ($heads x $depth), $hidden hidden", ({ batch, tokens, heads, depth, hidden }) => {
  const width = heads * depth;
  const dy = (): Tensor => filled([batch, tokens, width], 20);
  const factors = (): Tensor => filled([batch], 21);
  const norm = (): [Tensor, Tensor, Tensor] => [filled([batch, tokens, width], 1), filled([width], 2), filled([width], 3)];
  const scaled = (branch: Tensor): Tensor => mul(branch, reshape(factors(), [batch, 1, 1]));

  it("the perceptron's half agrees with its composed form and gradients", async () => {
    const inputs = (): Tensor[] => [...norm(), filled([hidden, width], 4, 0.3), filled([hidden], 5), filled([width, hidden], 6, 0.3), filled([width], 7)];
    const names = ["x", "scale", "offset", "weight1", "bias1", "weight2", "bias2"];
    const received = await on("native", () => {
      const named = Object.fromEntries(inputs().map((input, index) => [names[index]!, input]));
      const [y, ...kept] = kernel("MlpBlock", { ...named, factors: factors() }, { epsilon: 1e-6, keep: true });
      const saved = { mean: kept[0]!, inverseDeviation: kept[1]!, hidden: kept[2]! };
      return [y!, ...kernel("MlpBlockGrad", { ...named, ...saved, dy: dy(), dBranch: scaled(dy()) }, {})];
    });
    const composed = (...[x, scale, offset, weight1, bias1, weight2, bias2]: Tensor[]): Tensor =>
      add(x!, scaled(linear(gelu(linear(layerNorm(x!, scale!, offset!), weight1!, bias1!)), weight2!, bias2!)));
    expectClose(received, await on("cpu", () => [composed(...inputs()), ...grads(composed)(inputs(), dy())]));
  });

  it("the attention's half agrees with its composed form and gradients", async () => {
    const inputs = (): Tensor[] => [...norm(), filled([3 * width, width], 4, 0.1), filled([3 * width], 5), filled([width, width], 6, 0.3), filled([width], 7)];
    const names = ["x", "scale", "offset", "qkvWeight", "qkvBias", "weight", "bias"];
    const received = await on("native", () => {
      const named = Object.fromEntries(inputs().map((input, index) => [names[index]!, input]));
      const [y, ...kept] = kernel("AttentionBlock", { ...named, factors: factors() }, { numHeads: heads, epsilon: 1e-6, keep: true });
      const saved = { mean: kept[0]!, inverseDeviation: kept[1]!, qkv: kept[2]!, attended: kept[3]!, logSums: kept[4]! };
      return [y!, ...kernel("AttentionBlockGrad", { ...named, ...saved, dy: dy(), dBranch: scaled(dy()) }, { numHeads: heads })];
    });
    const composed = (...[x, scale, offset, packed, packedBias, weight, bias]: Tensor[]): Tensor => {
      const qkv = linear(layerNorm(x!, scale!, offset!), packed!, packedBias!);
      const byHead = transpose(reshape(qkv, [batch, tokens, 3, heads, depth]), [2, 0, 3, 1, 4]);
      const [q, k, v] = split(byHead, 3, 0).map((part) => reshape(part, [batch * heads, tokens, depth])) as [Tensor, Tensor, Tensor];
      const out = matMul(softmax(mul(matMul(q, k, false, true), depth ** -0.5)), v);
      return add(x!, scaled(linear(reshape(transpose(reshape(out, [batch, heads, tokens, depth]), [0, 2, 1, 3]), [batch, tokens, width]), weight!, bias!)));
    };
    expectClose(received, await on("cpu", () => [composed(...inputs()), ...grads(composed)(inputs(), dy())]));
  });

  it("gives the same without keeping anything", async () => {
    const results = await on("native", () => {
      const [x, scale, offset] = norm();
      const named = { x, scale, offset, weight1: filled([hidden, width], 4), bias1: filled([hidden], 5), weight2: filled([width, hidden], 6), bias2: filled([width], 7) };
      return [false, true].map((keep) => kernel("MlpBlock", named, { epsilon: 1e-6, keep })[0]!);
    });
    expect(results[0]!.values).toEqual(results[1]!.values);
  });
});
