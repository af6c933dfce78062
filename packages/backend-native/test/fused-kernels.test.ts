import {
  add, div, engine, erf, gather, grads, logSoftmax, matMul, mean, mul, neg, relu, reshape, rsqrt, scalar, setBackend, softmax, square, sqrt, sub, sum, type Tensor, tensor, tidy, transpose, split,
} from "@tensorflow/tfjs-core";
import { expectNoLeaks, type Tolerance } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { noise } from "./noise.js";
import { on, type Outcome } from "./on-backend.js";

const product = (shape: readonly number[]): number => shape.reduce((result, size) => result * size, 1);
const filled = (shape: number[], seed: number): Tensor => tensor(noise(product(shape), seed), shape);
const kernel = (name: string, inputs: Record<string, Tensor> | Tensor[], attributes: object = {}): Tensor[] =>
  [engine().runKernel<Tensor | Tensor[]>(name, inputs as never, attributes as never)].flat();

/** The composed form's value and gradients on the CPU backend, for a given dy, in the order of its inputs. */
const composed = (f: (...inputs: Tensor[]) => Tensor, inputs: () => Tensor[], dy: () => Tensor): Promise<Outcome[]> =>
  on("cpu", () => [f(...inputs()), ...grads(f)(inputs(), dy())]);

function expectClose(received: Outcome[], expected: Outcome[], tolerance: Tolerance = { absolute: 2e-5, relative: 2e-5 }): void {
  expect(received.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
  received.forEach(({ values }, index) => {
    expect(values).toBeAllClose(expected[index]!.values, tolerance);
  });
}

// The CPU backend's erf is good to 1.5e-7 only.
const gelu = (x: Tensor): Tensor => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1));

describe("Gelu", () => {
  it("agrees with its composed form and gradient", async () => {
    const x = (): Tensor => mul(filled([7, 333], 1), 4);
    const dy = (): Tensor => filled([7, 333], 2);
    expectClose(await on("native", () => [...kernel("Gelu", { x: x() }), ...kernel("GeluGrad", { x: x(), dy: dy() })]), await composed(gelu, () => [x()], dy));
  });

  it("is 0, x or NaN at the ends", async () => {
    const x = (): Tensor => tensor([-Infinity, -100, 0, 100, Infinity, NaN]);
    const [y, slope] = (await on("native", () => [...kernel("Gelu", { x: x() }), ...kernel("GeluGrad", { x: x(), dy: tensor([1, 1, 1, 1, 1, 1]) })])) as [Outcome, Outcome];
    expect(y.values).toEqual(Float32Array.of(0, 0, 0, 100, Infinity, NaN));
    expect(slope.values).toEqual(Float32Array.of(0, 0, 0.5, 1, 1, NaN));
  });
});

describe("FusedLinear", () => {
  const activations = { linear: (x: Tensor): Tensor => x, relu, gelu };
  it.each(Object.entries(activations))("%s agrees with its composed form and gradients", async (activation, f) => {
    const inputs = (): Tensor[] => [filled([3, 37, 50], 1), filled([70, 50], 2), filled([70], 3)];
    const dy = (): Tensor => filled([3, 37, 70], 4);
    const received = await on("native", () => {
      const [x, weight, bias] = inputs() as [Tensor, Tensor, Tensor];
      const [y, preActivation] = kernel("FusedLinear", { x, weight, bias }, { activation, keepPreActivation: true });
      const [dWeight, dBias, dx] = kernel("FusedLinearGrad", { x, weight, dy: dy(), ...(preActivation === undefined ? {} : { preActivation }) }, { activation });
      return [y!, dx!, dWeight!, dBias!];
    });
    const linear = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => f(add(reshape(matMul(reshape(x, [-1, 50]), weight, false, true), [3, 37, 70]), bias));
    expectClose(received, await composed(linear, inputs, dy), { absolute: 2e-4, relative: 1e-4 });
  });

  it("leaves out what is not asked for", async () => {
    const [dWeight, ...others] = await on("native", () =>
      kernel("FusedLinearGrad", { x: filled([4, 3], 1), weight: filled([5, 3], 2), dy: filled([4, 5], 3) }, { bias: false, inputGradient: false }),
    );
    expect(dWeight?.shape).toEqual([5, 3]);
    expect(others).toHaveLength(0);
  });
});

describe("LayerNorm", () => {
  it.each([[[3, 5, 48]], [[150, 17]], [[2, 1]]])("agrees with its composed form and gradients for %j", async (shape) => {
    const width = shape.at(-1)!;
    const inputs = (): Tensor[] => [add(filled(shape, 1), 3), filled([width], 2), filled([width], 3)];
    const dy = (): Tensor => filled(shape, 4);
    const received = await on("native", () => {
      const [x, scale, offset] = inputs() as [Tensor, Tensor, Tensor];
      const [y, means, inverseDeviation] = kernel("LayerNorm", { x, scale, offset }, { epsilon: 1e-6 });
      return [y!, ...kernel("LayerNormGrad", { x, scale, mean: means!, inverseDeviation: inverseDeviation!, dy: dy() })];
    });
    const layerNorm = (x: Tensor, scale: Tensor, offset: Tensor): Tensor => {
      const centered = sub(x, mean(x, -1, true));
      return add(mul(mul(centered, rsqrt(add(mean(square(centered), -1, true), 1e-6))), scale), offset);
    };
    // With one channel the deviation is 0 and 1 / √epsilon = 1,000 magnifies the rounding.
    expectClose(received, await composed(layerNorm, inputs, dy), width === 1 ? { absolute: 2e-2 } : { absolute: 2e-4, relative: 1e-4 });
  });
});

describe("Attention", () => {
  const attention = (numHeads: number, scale: number) => (qkv: Tensor): Tensor => {
    const [batch, tokens, packed] = qkv.shape as [number, number, number];
    const depth = packed / 3 / numHeads;
    const heads = transpose(reshape(qkv, [batch, tokens, 3, numHeads, depth]), [2, 0, 3, 1, 4]);
    const [q, k, v] = split(heads, 3, 0).map((part) => reshape(part, [batch * numHeads, tokens, depth])) as [Tensor, Tensor, Tensor];
    const out = matMul(softmax(mul(matMul(q, k, false, true), scale)), v);
    return reshape(transpose(reshape(out, [batch, numHeads, tokens, depth]), [0, 2, 1, 3]), [batch, tokens, numHeads * depth]);
  };

  it.each([
    { batch: 2, tokens: 65, numHeads: 3, depth: 16 },
    { batch: 1, tokens: 7, numHeads: 2, depth: 5 },
    { batch: 3, tokens: 1, numHeads: 1, depth: 8 },
    { batch: 1, tokens: 700, numHeads: 1, depth: 4 },
  ])("agrees with its composed form and gradient: $batch x $tokens, $numHeads heads of $depth", async ({ batch, tokens, numHeads, depth }) => {
    const qkv = (): Tensor => filled([batch, tokens, 3 * numHeads * depth], 1);
    const dy = (): Tensor => filled([batch, tokens, numHeads * depth], 2);
    const received = await on("native", () => {
      const [y, logSums] = kernel("Attention", { qkv: qkv() }, { numHeads });
      return [y!, ...kernel("AttentionGrad", { qkv: qkv(), y: y!, logSums: logSums!, dy: dy() }, { numHeads })];
    });
    expectClose(received, await composed(attention(numHeads, depth ** -0.5), () => [qkv()], dy), { absolute: 1e-4, relative: 1e-4 });
  });

  it("takes a scale", async () => {
    const qkv = (): Tensor => filled([2, 9, 24], 1);
    expectClose((await on("native", () => kernel("Attention", { qkv: qkv() }, { numHeads: 2, scale: 0.1 }))).slice(0, 1), await on("cpu", () => attention(2, 0.1)(qkv())));
  });
});

describe("SoftmaxCrossEntropy", () => {
  it("agrees with its composed form and gradient, for targets that do not sum to 1 as well", async () => {
    const logits = (): Tensor => mul(filled([9, 77], 1), 10);
    const targets = (): Tensor => square(filled([9, 77], 2));
    const dy = (): Tensor => filled([9], 3);
    const received = await on("native", () => {
      const [loss, logSums] = kernel("SoftmaxCrossEntropy", { logits: logits(), targets: targets() });
      return [loss!, ...kernel("SoftmaxCrossEntropyGrad", { logits: logits(), targets: targets(), logSums: logSums!, dy: dy() })];
    });
    const crossEntropy = (x: Tensor): Tensor => neg(sum(mul(targets(), logSoftmax(x)), -1));
    expectClose(received, await composed(crossEntropy, () => [logits()], dy), { absolute: 1e-5, relative: 1e-5 });
  });
});

describe("ScaleAddResidual", () => {
  it.each([
    { scaled: true, dropped: true },
    { scaled: true, dropped: false },
    { scaled: false, dropped: true },
    { scaled: false, dropped: false },
  ])("agrees with its composed form and gradients: $scaled $dropped", async ({ scaled, dropped }) => {
    const [x, branch, scale] = [(): Tensor => filled([5, 30, 21], 1), (): Tensor => filled([5, 30, 21], 2), (): Tensor => filled([21], 3)];
    const factor = (): Tensor => tensor([0, 1.25, 1.25, 0, 1.25]);
    const dy = (): Tensor => filled([5, 30, 21], 4);
    const received = await on("native", () => {
      const inputs = { branch: branch(), ...(scaled ? { scale: scale() } : {}), ...(dropped ? { factor: factor() } : {}) };
      return [...kernel("ScaleAddResidual", { x: x(), ...inputs }), ...kernel("ScaleAddResidualGrad", { ...inputs, dy: dy() })];
    });
    const residual = (b: Tensor, s?: Tensor): Tensor => add(x(), mul(mul(b, s ?? scalar(1)), dropped ? reshape(factor(), [5, 1, 1]) : scalar(1)));
    expectClose(received, await composed(residual, () => (scaled ? [branch(), scale()] : [branch()]), dy), { absolute: 1e-4, relative: 1e-4 });
  });
});

describe("Patchify", () => {
  it("agrees with reshape and transpose, and its gradient puts every pixel back", async () => {
    const images = (): Tensor => filled([2, 8, 12, 3], 1);
    const patchify = (x: Tensor): Tensor => reshape(transpose(reshape(x, [2, 2, 4, 3, 4, 3]), [0, 1, 3, 2, 4, 5]), [2, 6, 48]);
    const dy = (): Tensor => filled([2, 6, 48], 2);
    const received = await on("native", () => [
      ...kernel("Patchify", { images: images() }, { patchSize: 4 }),
      ...kernel("PatchifyGrad", { dy: dy() }, { patchSize: 4, imageShape: [2, 8, 12, 3] }),
    ]);
    expectClose(received, await composed(patchify, () => [images()], dy), { absolute: 0, relative: 0 });
  });
});

describe("GatherTokens", () => {
  it("agrees with gather sample by sample, repeated tokens included", async () => {
    const x = (): Tensor => filled([2, 6, 10], 1);
    const indices = [[5, 0, 0, 3], [2, 2, 2, 1]];
    const dy = (): Tensor => filled([2, 4, 10], 2);
    const numbers = (): Tensor => tensor(indices, [2, 4], "int32");
    const received = await on("native", () => [
      ...kernel("GatherTokens", { x: x(), indices: numbers() }),
      ...kernel("GatherTokensGrad", { dy: dy(), indices: numbers() }, { tokens: 6 }),
    ]);
    const flat = indices.flatMap((row, sample) => row.map((index) => sample * 6 + index));
    const gatherTokens = (tokens: Tensor): Tensor => reshape(gather(reshape(tokens, [12, 10]), tensor(flat, [8], "int32")), [2, 4, 10]);
    expectClose(received, await composed(gatherTokens, () => [x()], dy));
  });
});

describe("AdamW", () => {
  it("takes the steps of the formula", async () => {
    const shapes = [[40, 30], [7], []];
    const attributes = { learningRates: [1e-2, 1e-3, 1e-2], weightDecays: [0.1, 0, 0.1], beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 3 };
    const inputs = (): Tensor[] => [1, 2, 3, 4].flatMap((part) => shapes.map((shape, index) => (part === 4 ? square(filled(shape, 40 + index)) : filled(shape, 10 * part + index))));
    const received = await on("native", () => kernel("AdamW", inputs(), attributes));
    const expected = await on("cpu", () => {
      const tensors = inputs();
      const results = shapes.map((_, index) => {
        const [p, g, m, v] = [0, 1, 2, 3].map((part) => tensors[part * 3 + index]!) as [Tensor, Tensor, Tensor, Tensor];
        const [first, second] = [add(mul(m, 0.9), mul(g, 0.1)), add(mul(v, 0.99), mul(square(g), 0.01))];
        const update = div(div(first, 1 - 0.9 ** 3), add(sqrt(div(second, 1 - 0.99 ** 3)), 1e-8));
        const rate = attributes.learningRates[index]!;
        return [sub(mul(p, 1 - rate * attributes.weightDecays[index]!), mul(update, rate)), first, second];
      });
      return [0, 1, 2].flatMap((part) => results.map((result) => result[part]!));
    });
    expectClose(received, expected, { absolute: 1e-6, relative: 1e-5 });
  });
});

describe("ExponentialMovingAverage", () => {
  it("averages every pair", async () => {
    const inputs = (): Tensor[] => [filled([33, 5], 1), filled([2], 2), filled([33, 5], 3), filled([2], 4)];
    const received = await on("native", () => kernel("ExponentialMovingAverage", inputs(), { momentum: 0.996 }));
    const expected = await on("cpu", () => {
      const [a, b, x, y] = inputs() as [Tensor, Tensor, Tensor, Tensor];
      return [add(mul(a, 0.996), mul(x, 0.004)), add(mul(b, 0.996), mul(y, 0.004))];
    });
    expectClose(received, expected, { absolute: 1e-6 });
  });
});

describe("inputs without values", () => {
  const none = (...shape: number[]): Tensor => tensor([], shape);
  const zeros = (...shape: number[]): Outcome => ({ shape, dtype: "float32", values: new Float32Array(product(shape)) });
  const cases: [string, () => Tensor[], Outcome[]][] = [
    ["a layer without outputs", () => kernel("FusedLinear", { x: filled([3, 4], 1), weight: none(0, 4), bias: none(0) }, { activation: "gelu", keepPreActivation: true }), [zeros(3, 0), zeros(3, 0)]],
    ["its gradient", () => kernel("FusedLinearGrad", { x: filled([3, 4], 1), weight: none(0, 4), dy: none(3, 0) }), [zeros(0, 4), zeros(0), zeros(3, 4)]],
    ["rows without values", () => kernel("LogSoftmax", { logits: none(3, 0) }), [zeros(3, 0)]],
    ["samples without tokens", () => kernel("ScaleAddResidual", { x: none(2, 0, 4), branch: none(2, 0, 4), scale: filled([4], 1), factor: filled([2], 1) }), [zeros(2, 0, 4)]],
    ["their gradient", () => kernel("ScaleAddResidualGrad", { branch: none(2, 0, 4), scale: filled([4], 1), dy: none(2, 0, 4) }), [zeros(2, 0, 4), zeros(4)]],
  ];
  it.each(cases)("%s", async (_, compute, expected) => {
    expect(await on("native", compute)).toEqual(expected);
  });
});

it("the kernels leave no tensors behind but their results", async () => {
  await setBackend("native");
  await expectNoLeaks(() => {
    const [x, weight] = [filled([4, 3], 1), filled([5, 3], 2)];
    const results = kernel("FusedLinear", { x, weight }, { activation: "gelu", keepPreActivation: true });
    const gradients = kernel("FusedLinearGrad", { x, weight, dy: results[0]!, preActivation: results[1]! }, { activation: "gelu" });
    [x, weight, ...results, ...gradients].forEach((each) => {
      each.dispose();
    });
  });
  await setBackend("cpu");
});

describe("wrong input is an error, never a crash", () => {
  const cases: [string, RegExp, () => unknown][] = [
    ["a wrong width", /FusedLinear x: expected shape \[2, 4\], received \[2, 3\]/, () => kernel("FusedLinear", { x: filled([2, 3], 1), weight: filled([5, 4], 1) })],
    ["an unknown activation", /activation: expected linear, relu, gelu, received swish/, () => kernel("FusedLinear", { x: filled([2, 4], 1), weight: filled([5, 4], 1) }, { activation: "swish" })],
    ["a missing pre-activation", /preActivation: expected a float32 tensor, received nothing/, () => kernel("FusedLinearGrad", { x: filled([2, 4], 1), weight: filled([5, 4], 1), dy: filled([2, 5], 1) }, { activation: "gelu" })],
    ["integers", /LayerNorm x: expected a float32 tensor, received int32/, () => kernel("LayerNorm", { x: tensor([1, 2], [1, 2], "int32"), scale: filled([2], 1), offset: filled([2], 1) }, { epsilon: 1e-6 })],
    ["heads that do not divide", /Attention numHeads: expected a divisor of 8, received 3/, () => kernel("Attention", { qkv: filled([1, 2, 24], 1) }, { numHeads: 3 })],
    ["no heads", /numHeads/, () => kernel("Attention", { qkv: filled([1, 2, 24], 1) }, { numHeads: 0 })],
    ["a patch that does not fit", /Patchify patchSize: expected a divisor of 8 and 9, received 4/, () => kernel("Patchify", { images: filled([1, 8, 9, 1], 1) }, { patchSize: 4 })],
    ["no classes", /SoftmaxCrossEntropy logits: expected at least one class, received none/, () => kernel("SoftmaxCrossEntropy", { logits: tensor([], [3, 0]), targets: tensor([], [3, 0]) })],
    ["an index out of range", /GatherTokens: the index value 7 is not in \[0, 5\]/, () => kernel("GatherTokens", { x: filled([1, 6, 2], 1), indices: tensor([[7]], [1, 1], "int32") })],
    ["a negative index", /GatherTokensGrad: the index value -1 is not in/, () => kernel("GatherTokensGrad", { dy: filled([1, 1, 2], 1), indices: tensor([[-1]], [1, 1], "int32") }, { tokens: 6 })],
    ["too few tensors", /AdamW inputs: expected 4 tensors/, () => kernel("AdamW", [filled([2], 1)], { learningRates: [1], weightDecays: [0], beta1: 0.9, beta2: 0.9, epsilon: 1e-8, step: 1 })],
    ["step 0", /AdamW step/, () => kernel("AdamW", [1, 2, 3, 4].map((seed) => filled([2], seed)), { learningRates: [1], weightDecays: [0], beta1: 0.9, beta2: 0.9, epsilon: 1e-8, step: 0 })],
  ];
  it.each(cases)("%s", async (_, message, run) => {
    await setBackend("native");
    expect(() => { tidy(() => {
        run();
      }); },
    ).toThrow(message);
    await setBackend("cpu");
  });

  it("a disposed tensor", async () => {
    await setBackend("native");
    const x = filled([2], 1);
    x.dispose();
    expect(() => kernel("Gelu", { x })).toThrow();
    await setBackend("cpu");
  });
});
