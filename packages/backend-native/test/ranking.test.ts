import { argMax, argMin, cast, cumsum, mul, round, type Tensor, tensor, topk } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agree, filled, positive, runs, shapeOf } from "./agree.js";
import { on } from "./on-backend.js";

const exactly = { absolute: 0, relative: 0 };
/** Floats with many equal ones among them, and the same as integers. */
const kinds = (shape: number[], seed: number): Tensor[] => [filled(shape, seed), round(mul(filled(shape, seed), 3)), cast(mul(filled(shape, seed), 3), "int32")];
const anyAxis = shapeOf(positive, 4).chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.integer()));

describe("argMax and argMin", () => {
  it.each(Object.entries({ argMax, argMin }))("%s agrees along any axis, the first of equals wins", async (_, f) => {
    await fc.assert(fc.asyncProperty(anyAxis, ([shape, axis, seed]) => agree(() => kinds(shape, seed).map((x) => f(x, axis)), exactly)), { numRuns: 80 });
    const special = [[NaN, 1, 2], [1, NaN, 2], [NaN, NaN, NaN], [-Infinity, -Infinity, -3], [0, -0, Infinity], [-0, 0, -1]];
    await agree(() => [f(tensor(special), 1), f(tensor(special), 0)], exactly);
    await agree(() => [f(filled([50_001], 1)), f(filled([7, 1000, 3], 2), 1), f(filled([3, 700], 3), 0)], exactly);
  });
});

describe("topk", () => {
  it("agrees with the CPU backend, the first of equals first", () =>
    fc.assert(
      fc.asyncProperty(
        fc.oneof(shapeOf(positive, 3), fc.constantFrom<number[]>([300], [2, 1000])).chain((shape) => fc.tuple(fc.constant(shape), fc.oneof(fc.nat(shape.at(-1)!), fc.nat(Math.min(3, shape.at(-1)!))), fc.integer())),
        ([shape, k, seed]) => agree(() => kinds(shape, seed).flatMap((x) => Object.values<Tensor>(topk(x, k))), exactly),
      ),
      { numRuns: 80 },
    ));
  it("agrees on infinities", () => agree(() => Object.values<Tensor>(topk(tensor([3, -Infinity, Infinity, 0, -0]), 5)), exactly));
  it("gives the same values unsorted, in the order of their places", async () => {
    const [sorted, , unsorted, places] = await on("native", () => [true, false].flatMap((order) => Object.values<Tensor>(topk(filled([500], 4), 20, order))));
    expect(Float32Array.from(unsorted!.values).sort().reverse()).toEqual(sorted!.values);
    expect([...places!.values]).toEqual([...places!.values].sort((a, b) => a - b));
  });
  it("puts NaN behind all numbers", async () => {
    const [values, places] = await on("native", () => Object.values<Tensor>(topk(tensor([NaN, 1, -Infinity, NaN, 2]), 5)));
    expect([...values!.values]).toEqual([2, 1, -Infinity, NaN, NaN]);
    expect([...places!.values]).toEqual([4, 1, 2, 0, 3]);
  });
});

describe("cumsum", () => {
  it("agrees along any axis, exclusive or reverse, to the last bit", () =>
    fc.assert(
      fc.asyncProperty(anyAxis, fc.boolean(), fc.boolean(), ([shape, axis, seed], exclusive, reverse) =>
        agree(() => [...kinds(shape, seed), cast(filled(shape, seed), "bool")].map((x) => cumsum(x, axis, exclusive, reverse)), exactly),
      ),
      { numRuns: 80 },
    ));
  it("agrees on long axes, NaN and infinities", async () => {
    await agree(() => [cumsum(filled([50_001], 1)), cumsum(filled([3000, 20], 1), 1, true, true), cumsum(filled([70, 3, 300], 1), 0, true)], exactly);
    await agree(() => cumsum(tensor([1, NaN, 2, Infinity, -Infinity, 3], [2, 3]), 1), exactly);
  });
  it("agrees on no values", () => fc.assert(fc.asyncProperty(fc.constantFrom<number[]>([0], [3, 0], [0, 2]), (shape) => agree(() => cumsum(filled(shape, 1), shape.length - 1), exactly)), runs));
});
