import "@tensorflow/tfjs-backend-wasm";
import { createRandom, type Encoder, encodeInChunks, type EncoderFactory, type Float, type ForwardContext, singleProcess, withoutGradient } from "@ssl-vit/core";
import { expectNoLeaks, nativeWhereBuilt, testBackends, useBackend } from "@ssl-vit/testing";
import { add, concat, dispose, memory, mul, type Rank, square, sum, type Tensor, tensor, tensor4d, tidy, type Variable, variable, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vit, type VitOptions } from "../src/index.js";

const options: VitOptions = { imageSize: 8, patchSize: 4, embedDim: 8, depth: 3, numHeads: 2, mlpRatio: 2, registerTokens: 1, layerScale: 0.7, dropPathRate: 0.5 };
const encoders: EncoderFactory = vit(options);
const rows = 7;
const random = createRandom(4);
const training: ForwardContext = { training: true, random: random.derive("step"), collective: singleProcess };

type Pass = (encoder: Encoder, input: Tensor, context?: ForwardContext) => Tensor;
const passes: Record<string, { shape: number[]; run: Pass }> = {
  encode: { shape: [rows, 8, 8, 3], run: (encoder, input, context) => encoder.encode(input as Float<"B Y X C">, context) },
  encodeTokens: { shape: [rows, 3, 8], run: (encoder, input, context) => encoder.encodeTokens(input as Float<"B P D">, context) },
  encodeBlocks: { shape: [rows, 3, 8], run: (encoder, input, context) => concat(encoder.encodeBlocks!(input as Float<"B P D">, 2, context), 2) },
  encodeNormalizedBlocks: { shape: [rows, 3, 8], run: (encoder, input, context) => concat(encoder.encodeNormalizedBlocks!(input as Float<"B P D">, 3, context), 2) },
  encodeCls: { shape: [rows, 8, 8, 3], run: (encoder, input, context) => encoder.encodeCls!(input as Float<"B Y X C">, context) },
};

/** How many rows each pass of an encoder was given. */
function counting(counted: EncoderFactory, seen: number[]): EncoderFactory {
  return (role) => {
    const encoder = counted(role);
    const encodeCls: NonNullable<Encoder["encodeCls"]> = (images, context) => {
      seen.push(images.shape[0]);
      return encoder.encodeCls!(images, context);
    };
    return { ...encoder, encodeCls };
  };
}

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

describe.each(testBackends("cpu", "wasm", ...native))("an encoder that takes three of seven images at a time, on %s", (backend) => {
  useBackend(backend);
  let chunked: Encoder;
  let whole: Encoder;
  beforeAll(() => {
    whole = encoders("student");
    // The same variables, so that one gradient can be compared with the other. Fresh weights are so small that a mistake would hide in them.
    for (const [name, parameter] of Object.entries(whole.parameters)) {
      parameter.assign(tidy(() => add(parameter, mul(tensor(random.derive(name).normals(parameter.size), parameter.shape), 0.2))));
    }
    chunked = encodeInChunks(() => whole, { microBatch: 3 })("student");
  });
  afterAll(() => {
    dispose(whole.parameters);
  });

  /** A loss that reads each value of the result differently, its gradients, and that of the input. */
  function gradientsOf(encoder: Encoder, { shape, run }: (typeof passes)[string]) {
    const input: Variable = variable(tensor(random.derive("input").normals(shape.reduce((product, side) => product * side)), shape));
    const parameters = Object.entries(encoder.parameters);
    const { value, grads } = variableGrads(
      () =>
        tidy(() => {
          const output = run(encoder, mul(input, 1), training);
          const weights = tensor(random.derive("weights").normals(output.size), output.shape as [number]);
          return sum(square(add(mul(output, weights), 0.1)));
        }),
      [input, ...parameters.map(([, parameter]) => parameter)],
    );
    const numbers = new Map(
      [["loss", value] as const, ["input", grads[input.name]] as const, ...parameters.map(([name, { name: id }]) => [name, grads[id]] as const)].map(
        ([name, gradient]) => [name, gradient === undefined ? undefined : Float32Array.from(gradient.dataSync())] as const,
      ),
    );
    dispose([input, value, ...Object.values(grads)]);
    return numbers;
  }

  test.each(Object.keys(passes))("%s has the values, gradients and draws of the whole batch", (name) => {
    const expected = gradientsOf(whole, passes[name]!);
    const received = gradientsOf(chunked, passes[name]!);
    const steepest = Math.max(...[...expected].flatMap(([, values]) => [...(values ?? [])].map(Math.abs)));
    for (const [parameter, values] of expected) {
      if (values === undefined) expect(received.get(parameter)!.every((value) => value === 0), parameter).toBe(true);
      else expect(received.get(parameter), parameter).toBeAllClose(values, { absolute: 1e-6 * steepest, relative: 1e-5 });
    }
  });

  test("leaves no tensor behind, with a gradient, within one that is not asked for, and without", async () => {
    const images = tensor4d(random.normals(rows * 192), [rows, 8, 8, 3]);
    const head = variable(tensor(random.normals(8), [8]));
    const lossOf = (parameters: Variable[]): void => {
      const { value, grads } = variableGrads(() => tidy(() => sum(square(mul(chunked.encodeCls!(images, training), head)))), parameters);
      dispose([value, ...Object.values(grads)]);
    };
    await expectNoLeaks(() => {
      lossOf([head, ...Object.values(chunked.parameters)]);
      lossOf([head]);
      chunked.encode(images).dispose();
      withoutGradient<Rank.R3>(() => chunked.encode(images)).dispose();
    });
    dispose([images, head]);
  });

  test("runs each chunk twice and keeps nothing but its input in between; what fits at once runs once", () => {
    const seen: number[] = [];
    const counted = counting(() => whole, seen);
    const images = tensor4d(random.normals(rows * 192), [rows, 8, 8, 3]);
    /** Bytes on the tape after the forward pass. */
    const keptBy = (encoder: Encoder): number => {
      let kept = 0;
      const { value, grads } = variableGrads(() => {
        const before = memory().numBytes;
        const features = encoder.encodeCls!(images, training);
        kept = memory().numBytes - before;
        return sum(features);
      }, Object.values(encoder.parameters));
      dispose([value, ...Object.values(grads)]);
      return kept;
    };
    const keptWhole = keptBy(counted("student"));
    expect(seen.splice(0)).toEqual([7]);
    const kept = keptBy(encodeInChunks(counted, { microBatch: 3 })("student"));
    expect(seen.splice(0)).toEqual([3, 3, 1, 3, 3, 1]);
    // The features, and the images once more: tfjs counts a saved tensor's bytes, though it shares them with the caller's.
    expect(kept).toBe(4 * rows * (8 + 192));
    expect(keptWhole).toBeGreaterThan(8 * kept);
    expect(keptBy(encodeInChunks(counted, { microBatch: 7 })("student"))).toBe(keptWhole);
    expect(seen).toEqual([7]);
    images.dispose();
  });
});

test("is told apart from its configuration, which builds the same network", () => {
  const encoder = encodeInChunks(encoders, { microBatch: 16 })("teacher");
  expect(encoder.microBatch).toBe(16);
  expect(encoder.config).toEqual(vit(options)("teacher").config);
  const withoutCls = encodeInChunks(vit({ ...options, clsToken: false }), { microBatch: 2 })("teacher");
  expect(withoutCls).not.toHaveProperty("encodeCls");
});

test.each([0, 1.5, Number.NaN])("refuses a micro-batch of %d", (microBatch) => {
  expect(() => encodeInChunks(encoders, { microBatch })).toThrow(`[@ssl-vit/core] microBatch: expected a whole number of at least 1, received ${microBatch}.`);
});
