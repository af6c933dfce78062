import {
  add, cast, concat, div, elu, equal, erf, exp, fill, gather, greater, greaterEqual, leakyRelu, less, lessEqual, log, log1p, logSoftmax, matMul, max, maximum,
  mean, min, minimum, mul, neg, notEqual, onesLike, pad, prod, reciprocal, relu, relu6, reverse, rsqrt, selu, sigmoid, sign, slice, softmax, softplus, split,
  sqrt, square, squaredDifference, stack, step, sub, sum, tanh, type Tensor, tensor, tile, transpose, unsortedSegmentSum, unstack, zerosLike,
} from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agree, filled, positive, runs, shapeOf, shapesThatBroadcast, size } from "./agree.js";
import { noise } from "./noise.js";
import { on, type Outcome } from "./on-backend.js";

describe("functions of one tensor", () => {
  const functions = { exp, sqrt, rsqrt, square, neg, tanh, sigmoid, relu, relu6, sign, reciprocal, step, log, log1p, softplus, elu, selu };
  it.each(Object.entries(functions))("%s agrees with the CPU backend, NaN and infinities included", async (_, f) => {
    const special = [NaN, Infinity, -Infinity, 0, -0, 1e-30, -1e-30, 100, -100, 88.7, -87, 0.4499, 0.4501, 1, -1];
    await agree(() => f(tensor(special)));
    await fc.assert(fc.asyncProperty(shapeOf(size, 3), fc.integer(), (shape, seed) => agree(() => f(filled(shape, seed)))), { numRuns: 10 });
  });

  it("erf is nearer to the truth than the CPU backend's approximation", async () => {
    const [{ values } = { values: new Float32Array() }] = await on("native", () => erf(tensor([0, 0.5, -1, 2, 5, -Infinity, NaN])));
    expect(values).toBeAllClose([0, 0.5204998778, -0.8427007929, 0.9953222650, 1, -1, NaN], { absolute: 5e-7, relative: 0 });
  });

  it("a long tensor is the same as its parts", () => agree(() => leakyRelu(filled([100_003], 3), 0.1)));
});

describe("functions of two tensors", () => {
  const functions = { add, sub, mul, div, maximum, minimum, squaredDifference, equal, notEqual, greater, greaterEqual, less, lessEqual };
  it.each(Object.entries(functions))("%s agrees with the CPU backend under broadcasting", async (_, f) => {
    await agree(() => f(tensor([NaN, 1, NaN, Infinity, -Infinity, 0]), tensor([1, NaN, NaN, Infinity, 1, -0])));
    await fc.assert(fc.asyncProperty(shapesThatBroadcast, fc.integer(), ([a, b], seed) => agree(() => f(filled(a, seed), filled(b, seed + 1)))), runs);
  });

  it("long runs with a repeated operand agree", async () => {
    await agree(() => add(filled([3, 40_000], 1), filled([3, 1], 2)));
    await agree(() => mul(filled([40_000], 1), filled([], 2)));
    await agree(() => sub(filled([300, 200], 1), filled([200], 2)));
  });
});

describe("reductions", () => {
  const axes = shapeOf(positive, 4).chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()]), fc.boolean(), fc.integer()));
  it.each(Object.entries({ sum, mean, max, min, prod }))("%s agrees over any axes", async (_, f) => {
    const check = ([shape, axis, keepDims, seed]: readonly [number[], number[], boolean, number]) => agree(() => f(filled(shape, seed), axis, keepDims), { absolute: 1e-4, relative: 1e-4 });
    await fc.assert(fc.asyncProperty(axes, check), runs);
    await agree(() => f(tensor([1, NaN, 3, 4, 5, 6], [2, 3]), 1));
  });

  it("long sums are right", async () => {
    const count = 200_000;
    const exact = noise(count, 5).reduce((total, value) => total + value, 0);
    const compute = (): Tensor[] => [sum(filled([count], 5)), sum(sum(filled([count / 40, 40], 5), 0)), sum(sum(filled([4, count / 40, 10], 5), [0, 1]))];
    for (const { values } of await on("native", compute)) expect(values[0]).toBeAllClose(exact, { absolute: 0.05 });
  });
});

describe("matrix products", () => {
  it("agree in all transpositions and batches", async () => {
    const sizes = fc.record({ m: positive, n: positive, k: positive, batch: fc.constantFrom([], [1], [3], [2, 3]), other: fc.constantFrom("same", "one"), ta: fc.boolean(), tb: fc.boolean(), seed: fc.integer() });
    const check = ({ m, n, k, batch, other, ta, tb, seed }: { m: number; n: number; k: number; batch: readonly number[]; other: string; ta: boolean; tb: boolean; seed: number }) =>
      agree(() => {
        const a = filled([...batch, ...(ta ? [k, m] : [m, k])], seed);
        const b = filled([...(other === "same" ? batch : batch.map(() => 1)), ...(tb ? [n, k] : [k, n])], seed + 1);
        return matMul(a, b, ta, tb);
      });
    await fc.assert(fc.asyncProperty(sizes, check), { numRuns: 150 });
  });
});

describe("rearrangements move every value to its place", () => {
  // The CPU backend itself cannot slice, split or unstack an empty tensor.
  const shape = shapeOf(positive, 4);
  const both = (compute: (x: Tensor) => Tensor | Tensor[], sizes: number[], seed: number): Promise<void> =>
    agree(() => [compute(filled(sizes, seed)), compute(cast(filled(sizes, seed), "int32")), compute(cast(filled(sizes, seed), "bool"))].flat());

  it("transpose", () =>
    fc.assert(
      fc.asyncProperty(shape.chain((sizes) => fc.tuple(fc.constant(sizes), fc.shuffledSubarray([...sizes.keys()], { minLength: sizes.length }), fc.integer())), ([sizes, order, seed]) =>
        both((x) => transpose(x, order), sizes, seed),
      ),
      runs,
    ));
  it("a large transpose", () => agree(() => [transpose(filled([300, 517], 1)), transpose(filled([5, 70, 3, 64], 1), [0, 2, 1, 3])]));
  it("slice", () =>
    fc.assert(
      fc.asyncProperty(
        shape.chain((sizes) => fc.tuple(fc.constant(sizes), fc.tuple(...sizes.map((length) => fc.nat(length - 1).chain((begin) => fc.tuple(fc.constant(begin), fc.integer({ min: 1, max: length - begin }))))), fc.integer())),
        ([sizes, parts, seed]) => both((x) => slice(x, parts.map(([begin]) => begin), parts.map(([, length]) => length)), sizes, seed),
      ),
      runs,
    ));
  it("reverse", () => fc.assert(fc.asyncProperty(shape, fc.integer(), (sizes, seed) => both((x) => reverse(x, seed % 2 === 0 ? 0 : undefined), sizes, seed)), runs));
  it("tile", () => fc.assert(fc.asyncProperty(shape, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }), fc.integer(), (sizes, reps, seed) => both((x) => tile(x, sizes.map((_, axis) => reps[axis]!)), sizes, seed)), runs));
  it("pad", () =>
    fc.assert(
      fc.asyncProperty(shape, fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 4, maxLength: 4 }), fc.integer(), (sizes, paddings, seed) =>
        both((x) => pad(x, sizes.map((_, axis) => paddings[axis]!), 1), sizes, seed),
      ),
      runs,
    ));
  it("concat and split", () =>
    fc.assert(
      fc.asyncProperty(shape.chain((sizes) => fc.tuple(fc.constant(sizes), fc.nat(sizes.length - 1), fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), fc.integer())), ([sizes, axis, widths, seed]) =>
        agree(() => {
          const parts = widths.map((width, index) => filled(sizes.with(axis, width), seed + index));
          return [concat(parts, axis), ...split(concat(parts, axis), widths, axis)];
        }),
      ),
      runs,
    ));
  it("stack and unstack", () =>
    fc.assert(fc.asyncProperty(shape, fc.nat(4), fc.integer(), (sizes, axis, seed) => both((x) => {
      const stacked = stack([x, x, x], axis % (sizes.length + 1));
      return [stacked, ...unstack(stacked, axis % (sizes.length + 1))];
    }, sizes, seed)), runs));
  it("empty tensors", async () => {
    const outcomes = await on("native", () => [slice(filled([4, 3], 1), [1, 1], [0, 2]), ...split(filled([0, 4], 1), 2, 1), concat([filled([0, 2], 1), filled([0, 3], 1)], 1)]);
    expect(outcomes.map(({ shape: sizes }) => sizes)).toEqual([[0, 2], [0, 2], [0, 2], [0, 5]]);
  });
  it("fills", () => agree(() => [fill([3, 40], 2.5), fill([2], 3, "int32"), zerosLike(filled([5], 1)), onesLike(filled([5, 5], 1))]));
});

describe("gather and its gradient's kernel", () => {
  it("agree", () =>
    fc.assert(
      fc.asyncProperty(fc.tuple(positive, positive, positive), fc.array(fc.nat(100), { minLength: 1, maxLength: 9 }), fc.nat(2), fc.integer(), (sizes, numbers, axis, seed) =>
        agree(() => {
          const indices = tensor(numbers.map((number) => number % sizes[axis]!), [numbers.length], "int32");
          return [gather(filled(sizes, seed), indices, axis), unsortedSegmentSum(filled([numbers.length, 3, 5], seed), indices as never, sizes[axis]!)];
        }),
      ),
      runs,
    ));
  it("agree with batch dimensions", () => agree(() => gather(filled([3, 7, 5], 1), tensor([0, 6, 2, 2, 1, 0], [3, 2], "int32"), 1, 1)));
});

describe("softmax", () => {
  it("softmax and logSoftmax agree", () =>
    fc.assert(fc.asyncProperty(shapeOf(positive, 3), fc.integer(), (shape, seed) => agree(() => [softmax(mul(filled(shape, seed), 20)), logSoftmax(filled(shape, seed))])), runs));
});

it("an outcome is the caller's own", async () => {
  const [first] = (await on("native", () => exp(filled([5000], 1)))) as [Outcome];
  const before = first.values.slice();
  await on("native", () => exp(filled([5000], 2)));
  expect(first.values).toEqual(before);
});
