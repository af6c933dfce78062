import {
  add, all, any, cast, equal, gather, greater, greaterEqual, less, lessEqual, logicalAnd, logicalNot, logicalOr, logicalXor, maximum, minimum, mul, notEqual, oneHot,
  reshape, sub, type Tensor, tensor, tensor1d, unsortedSegmentSum, where,
} from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agree, filled, positive, product, runs, shapeOf, shapesThatBroadcast, size } from "./agree.js";
import { noise } from "./noise.js";
import { on } from "./on-backend.js";

const exactly = { absolute: 0, relative: 0 };
const integers = (shape: number[], seed: number, scale = 3): Tensor => tensor(Int32Array.from(noise(product(shape), seed), (value) => value * scale), shape, "int32");
const truths = (shape: number[], seed: number): Tensor => tensor(Uint8Array.from(noise(product(shape), seed), (value) => Number(value > 0)), shape, "bool");

describe("functions of two tensors of integers", () => {
  const functions = { add, sub, mul, maximum, minimum, equal, notEqual, greater, greaterEqual, less, lessEqual };
  it.each(Object.entries(functions))("%s agrees with the CPU backend under broadcasting", (_, f) =>
    fc.assert(fc.asyncProperty(shapesThatBroadcast, fc.constantFrom(2, 1e7), fc.integer(), ([a, b], scale, seed) => agree(() => f(integers(a, seed, scale), integers(b, seed + 1, scale)), exactly)), runs));

  it("long runs agree", async () => {
    await agree(() => [add(integers([3, 40_000], 1), integers([3, 1], 2)), less(integers([40_000], 1), integers([], 2)), mul(integers([300, 200], 1), integers([200], 2))], exactly);
  });
  it("what does not fit wraps around", async () => {
    const [a, b] = [[2 ** 31 - 1, -(2 ** 31), 2 ** 30, -7], [1, -1, 2 ** 30, 2 ** 31 - 1]] as const;
    const compute = (): Tensor[] => [add, sub, mul].map((f) => f(tensor([...a], [4], "int32"), tensor([...b], [4], "int32")));
    const received = await on("native", compute);
    const expected = [a.map((x, at) => (x + b[at]!) | 0), a.map((x, at) => (x - b[at]!) | 0), a.map((x, at) => Math.imul(x, b[at]!))];
    expect(received.map(({ values }) => [...values])).toEqual(expected);
  });
});

describe("truth values", () => {
  it.each(Object.entries({ logicalAnd, logicalOr, logicalXor }))("%s agrees under broadcasting", (_, f) =>
    fc.assert(fc.asyncProperty(shapesThatBroadcast, fc.integer(), ([a, b], seed) => agree(() => f(truths(a, seed), truths(b, seed + 1)), exactly)), runs));
  it("logicalNot agrees", () => fc.assert(fc.asyncProperty(shapeOf(size, 3), fc.integer(), (shape, seed) => agree(() => logicalNot(truths(shape, seed)), exactly)), runs));

  /** Some rows that are all the same, some that are not. */
  const rows = (shape: number[], seed: number): Tensor => logicalOr(truths(shape, seed), truths([...shape.slice(0, -1), 1], seed + 1));
  it.each(Object.entries({ all, any }))("%s agrees over any axes", async (_, f) => {
    const axes = shapeOf(positive, 4).chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()]), fc.boolean(), fc.integer()));
    await fc.assert(fc.asyncProperty(axes, ([shape, axis, keepDims, seed]) => agree(() => [f(rows(shape, seed), axis, keepDims), f(logicalNot(rows(shape, seed)), axis, keepDims)], exactly)), { numRuns: 80 });
    await agree(() => [f(truths([0], 1)), f(truths([3, 0], 1), 1)], exactly);
  });
  it.each([0, 1, 70_000, 99_999])("all and any find the one value among many that is different: number %d", async (place) => {
    const values = new Uint8Array(100_000);
    values[place] = 1;
    const received = await on("native", () => {
      const x = tensor(values, [100_000], "bool");
      const table = reshape(x, [10, 10_000]);
      return [any(x), all(logicalNot(x)), any(table), any(table, 0), all(logicalNot(table), 0), all(x), any(logicalNot(x))];
    });
    const column = Array.from({ length: 10_000 }, (_, at) => Number(at === place % 10_000));
    expect(received.map((outcome) => [...outcome.values])).toEqual([[1], [0], [1], column, column.map((value) => 1 - value), [0], [1]]);
  });
});

describe("cast", () => {
  it("agrees between all dtypes", () =>
    fc.assert(
      fc.asyncProperty(shapeOf(size, 3), fc.integer(), (shape, seed) =>
        agree(() => [filled(shape, seed), integers(shape, seed), truths(shape, seed)].flatMap((x) => (["float32", "int32", "bool"] as const).map((dtype) => cast(x, dtype))), exactly),
      ),
      runs,
    ));
  it("agrees where floats do not fit into integers", () =>
    agree(() => {
      const x = tensor([NaN, Infinity, -Infinity, 0, -0, 1.9, -1.9, 2 ** 31, -(2 ** 31) - 256, 2 ** 32, 3 * 2 ** 31, 1e12, -1e15, 1e19, -3e38, 1e-40]);
      return [cast(x, "int32"), cast(x, "bool")];
    }, exactly));
  it("makes floats of integers, not integers called floats", async () => {
    const [{ dtype, values } = { dtype: "", values: new Int32Array() }] = await on("native", () => cast(integers([5], 1), "float32"));
    expect([dtype, values.constructor]).toEqual(["float32", Float32Array]);
  });
});

describe("where and oneHot", () => {
  it("where agrees on every dtype, with broadcasting, NaN kept", async () => {
    await fc.assert(
      fc.asyncProperty(shapesThatBroadcast, fc.integer(), ([a, b], seed) =>
        agree(() => [filled, integers, truths].map((values) => where(truths(a, seed), values(b, seed + 1), values(a, seed + 2))), exactly),
      ),
      runs,
    );
    await agree(() => where(tensor([1, 0, 1, 0], [4], "bool"), tensor([NaN, 1, Infinity, 2]), tensor([1, NaN, 2, -Infinity])), exactly);
    await agree(() => where(truths([40_001], 1), filled([40_001], 2), filled([40_001], 3)), exactly);
  });
  it("where of two dtypes is left to the CPU backend", () => agree(() => where(truths([7], 1), filled([7], 2), integers([7], 3)), exactly));
  it("oneHot agrees, indices outside included", () =>
    fc.assert(
      fc.asyncProperty(shapeOf(size, 2), fc.integer({ min: 2, max: 40 }), fc.constantFrom([1, 0], [3, -2], [0.5, 0.25]), fc.integer(), (shape, depth, [on_, off], seed) =>
        agree(() => (["float32", "int32"] as const).map((dtype) => oneHot(integers(shape, seed, depth), depth, on_, off, dtype)), exactly),
      ),
      runs,
    ));
});

describe("gather and segment sums of integers and truth values", () => {
  it("agree", () =>
    fc.assert(
      fc.asyncProperty(fc.tuple(positive, positive, positive), fc.array(fc.nat(100), { minLength: 1, maxLength: 9 }), fc.nat(2), fc.integer(), (sizes, numbers, axis, seed) =>
        agree(() => {
          const indices = tensor1d(numbers.map((number) => number % sizes[axis]!), "int32");
          return [gather(integers(sizes, seed), indices, axis), gather(truths(sizes, seed), indices, axis), unsortedSegmentSum(integers([numbers.length, 3, 5], seed), indices, sizes[axis]!)];
        }, exactly),
      ),
      runs,
    ));
});
