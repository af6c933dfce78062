import { cast, conv2d, engine, fused, image, mul, sum, type Tensor, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agree, filled, runs } from "./agree.js";
import { on } from "./on-backend.js";

type Pair = [number, number];
type Padding = "same" | "valid" | number | [Pair, Pair, Pair, Pair];

interface Case {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pad: Padding;
  readonly rounding: "floor" | "ceil" | undefined;
  readonly seed: number;
}

const resize = image.resizeBilinear;
const pairOf = (least: number, most: number): fc.Arbitrary<Pair> => fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));
const channels = fc.constantFrom(1, 2, 3, 5, 17, 32);

/** Convolutions whose result has at least one pixel. */
const cases: fc.Arbitrary<Case> = fc
  .record({
    batch: fc.integer({ min: 0, max: 3 }),
    room: pairOf(0, 7),
    kernel: pairOf(1, 4),
    inputs: channels,
    outputs: channels,
    strides: pairOf(1, 3),
    dilations: fc.oneof(fc.constant<Pair>([1, 1]), pairOf(1, 3)),
    pad: fc.oneof(fc.constantFrom<Padding>("same", "valid", 0, 1, 2), fc.tuple(fc.constant<Pair>([0, 0]), pairOf(0, 3), pairOf(0, 3), fc.constant<Pair>([0, 0]))),
    rounding: fc.constantFrom("floor" as const, "ceil" as const, undefined),
    seed: fc.integer(),
  })
  .map((of) => {
    const { batch, room, inputs, outputs, strides, pad, rounding, seed } = of;
    // tfjs takes the height of the filter for its width too where the padding is one number.
    const square = ([first, second]: Pair): Pair => (typeof pad === "number" ? [first, first] : [first, second]);
    const [[height, width], dilations] = [square(of.kernel), square(of.dilations)];
    const dilated = dilations.some((dilation) => dilation > 1);
    return {
      x: [batch, (height - 1) * dilations[0] + 1 + room[0], (width - 1) * dilations[1] + 1 + room[1], inputs],
      filter: [height, width, inputs, outputs],
      strides: dilated ? [1, 1] : strides,
      dilations,
      pad,
      rounding: typeof pad === "number" ? rounding : undefined,
      seed,
    };
  });

const close = { absolute: 2e-4, relative: 1e-5 };
const convolve = ({ x, filter, strides, dilations, pad, rounding, seed }: Case): Tensor =>
  conv2d(filled(x, seed) as Tensor4D, filled(filter, seed + 1) as Tensor4D, strides, pad, "NHWC", dilations, rounding);

/** Both gradients, by the kernels that the gradient of tfjs calls (without dilations: it has none). */
function gradients(of: Case): Tensor[] {
  const dy = filled(convolve(of).shape, of.seed + 2);
  const attributes = { strides: of.strides, pad: of.pad, dataFormat: "NHWC", dimRoundingMode: of.rounding };
  const run = (name: string, inputs: object, more: object): Tensor => engine().runKernel<Tensor>(name, inputs as never, { ...attributes, ...more } as never);
  return [
    run("Conv2DBackpropInput", { dy, filter: filled(of.filter, of.seed + 1) }, { inputShape: of.x }),
    run("Conv2DBackpropFilter", { x: filled(of.x, of.seed), dy }, { filterShape: of.filter }),
  ];
}

describe("convolution", () => {
  it("agrees with the CPU backend: strides, dilations, paddings, no images", () =>
    fc.assert(fc.asyncProperty(cases, (of) => agree(() => convolve(of), close)), { numRuns: 150 }));
  it("has the CPU backend's gradients", () =>
    fc.assert(fc.asyncProperty(cases.map((of): Case => ({ ...of, dilations: [1, 1] })), (of) => agree(() => gradients(of), { absolute: 2e-3, relative: 1e-5 })), { numRuns: 150 }));
  it("agrees where the patches do not fit into memory at once", () => {
    const of: Case = { x: [1, 24, 24, 912], filter: [3, 3, 912, 1], strides: [1, 1], dilations: [1, 1], pad: "same", rounding: undefined, seed: 3 };
    return agree(() => [convolve(of), ...gradients(of)], { absolute: 2e-2, relative: 1e-5 });
  });
  it("keeps NaN and infinities where the CPU backend has them", () =>
    agree(() => conv2d(tensor4d([1, NaN, 2, 3, Infinity, 4, 5, 6, -Infinity, 7, 8, 9], [1, 3, 4, 1]), tensor4d([1, 2, 3, 4], [2, 2, 1, 1]), 1, "same")));
  it("leaves channels first to the CPU backend", () => agree(() => conv2d(filled([2, 3, 5, 6], 1) as Tensor4D, filled([3, 2, 3, 4], 2) as Tensor4D, 1, "valid", "NCHW"), close));
  it("agrees with bias and activation", () =>
    fc.assert(
      fc.asyncProperty(cases, fc.constantFrom("linear" as const, "relu" as const, "elu" as const), fc.boolean(), (of, activation, offset) =>
        agree(() => {
          const { strides, pad, dilations, rounding: dimRoundingMode } = of;
          const bias = offset ? { bias: filled([of.filter[3]], of.seed + 3) } : {};
          return fused.conv2d({ x: filled(of.x, of.seed) as Tensor4D, filter: filled(of.filter, of.seed + 1) as Tensor4D, strides, pad, dilations, activation, ...bias, ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }) });
        }, close),
      ),
      runs,
    ));
});

describe("bilinear resizing", () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(13, 32));
  const sizes = fc.record({
    batch: fc.integer({ min: 0, max: 3 }),
    from: fc.tuple(length, length),
    to: fc.tuple(length, length),
    depth: fc.constantFrom(1, 2, 3, 4, 5, 17, 33),
    grid: fc.constantFrom([false, false] as const, [true, false] as const, [false, true] as const),
    seed: fc.integer(),
  });
  const gradient = (images: Tensor, dy: Tensor, alignCorners: boolean, halfPixelCenters: boolean): Tensor =>
    engine().runKernel<Tensor>("ResizeBilinearGrad", { images, dy }, { alignCorners, halfPixelCenters });

  it("agrees with the CPU backend, of floats and of integers", () =>
    fc.assert(
      fc.asyncProperty(sizes, ({ batch, from, to, depth, grid, seed }) =>
        agree(() => {
          const images = filled([batch, ...from, depth], seed) as Tensor4D;
          return [resize(images, to, ...grid), resize(cast(mul(images, 100), "int32"), to, ...grid)];
        }, { absolute: 1e-4, relative: 1e-5 }),
      ),
      { numRuns: 150 },
    ));
  it("has the CPU backend's gradient where that is right: square images, no half-pixel centers", () =>
    fc.assert(
      fc.asyncProperty(sizes, ({ batch, from: [edge], to, depth, grid: [alignCorners], seed }) =>
        agree(() => gradient(filled([batch, edge, edge, depth], seed), filled([batch, ...to, depth], seed + 1), alignCorners, false), { absolute: 1e-3, relative: 1e-5 }),
      ),
      runs,
    ));
  it("has the gradient of what it computes: the sums of dy · resize(x) and of gradient(dy) · x are the same", () =>
    fc.assert(
      fc.asyncProperty(sizes, async ({ batch, from, to, depth, grid, seed }) => {
        const [forward, backward] = await on("native", () => {
          const [x, dy] = [filled([batch, ...from, depth], seed) as Tensor4D, filled([batch, ...to, depth], seed + 1)];
          return [sum(mul(dy, resize(x, to, ...grid))), sum(mul(x, gradient(x, dy, grid[0], grid[1])))];
        });
        expect(backward!.values).toBeAllClose(forward!.values, { absolute: 0.02, relative: 1e-4 });
      }),
      runs,
    ));
});
