import "@tensorflow/tfjs-backend-wasm";
import { createRandom, type ForwardContext, singleProcess } from "@ssl-vit/core";
import { nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { concat, dispose, getBackend, memory, mul, profile, type Rank, reshape, setBackend, sum, type Tensor, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, expect, test } from "vitest";
import { createBatchNorm, createBlock, createLinear, gelu, l2Normalize } from "../src/index.js";
import { randomTensor } from "./expect-same-function.js";

const before = getBackend();
afterAll(() => setBackend(before));

/** Runs on one backend; returns the output and the gradient of every parameter as plain numbers. */
async function onBackend(backend: string): Promise<Float32Array[]> {
  await setBackend(backend);
  const random = createRandom(5);
  const training: ForwardContext = { training: true, random: random.derive("step"), collective: singleProcess };
  const block = createBlock(random, { dim: 12, numHeads: 3, mlpRatio: 2, layerScale: 0.5, dropPathRate: 0.3 });
  const gated = createBlock(random.derive("gated"), { dim: 12, numHeads: 3, mlpRatio: 2, mlp: "swiglu" });
  const head = createLinear(random, { inputDim: 12, outputDim: 5, activation: "relu", bias: false });
  const norm = createBatchNorm({ dim: 5 });
  const tokens = randomTensor<Rank.R3>("tokens", [4, 5, 12]);
  const weights = randomTensor<Rank.R2>("weights", [28, 5]);
  const variables = [block, gated, head, norm].flatMap(({ parameters }) => Object.values(parameters));
  // Both ways through a block: all tokens, and two of five.
  const both = (): Tensor => concat([gated.apply(block.apply(tokens, training)), block.applyToFirst(tokens, 2, training)], 1);
  const output = (): Tensor => gelu(l2Normalize(norm.apply(head.apply(reshape(both(), [28, 12])), training)));
  const { value, grads } = variableGrads(() => sum(mul(output(), weights)), variables);
  const numbers = [value, ...variables.map(({ name }) => grads[name]!)].map((tensor) => Float32Array.from(tensor.dataSync()));
  dispose([value, grads, tokens, weights, ...variables, ...Object.values(norm.buffers)]);
  return numbers;
}

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

test.each(testBackends("wasm", ...native))("every layer and its gradient runs on %s, and gives what the cpu backend gives", async (backend) => {
  const expected = await onBackend("cpu");
  const received = await onBackend(backend);
  for (const [index, values] of expected.entries()) {
    expect(received[index]!, `gradient ${index}`).toBeAllClose(values, { absolute: 1e-5, relative: 1e-4 });
  }
});

test.each(native)("layers and gradients are fused kernels on %s, and leave nothing behind", async (backend) => {
  await onBackend(backend);
  const before = memory().numTensors;
  const { kernelNames } = await profile(() => onBackend(backend).then(() => []));
  const fused = ["FusedLinear", "Gelu", "AttentionBlock", "MlpBlock", "ScaleAddResidual"].flatMap((name) => [name, `${name}Grad`]);
  expect(kernelNames).toEqual(expect.arrayContaining(fused));
  expect(memory().numTensors).toBe(before);
});
