import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { gather, grad, matMul, mul, setBackend, softmax, sum, tensor, type Tensor, tensor1d, tensor2d, tidy, unsortedSegmentSum } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prepareEngine } from "../src/index.js";

const random = createRandom(0);
const noise = (name: string, shape: readonly number[]): Float32Array =>
  random.derive(name).normals(shape.reduce((product, size) => product * size, 1));

/** The same computation on the JavaScript backend, whose results define what the others must give. */
async function onCpu(compute: () => Float32Array): Promise<Float32Array> {
  await setBackend("cpu");
  const values = compute();
  await setBackend("wasm");
  return values;
}

beforeEach(async () => {
  await prepareEngine({ engine: "wasm" });
});
afterEach(async () => {
  await setBackend("cpu");
});

describe("the gradient of gather on wasm", () => {
  test.each([
    { rows: [5, 3], ids: [4, 0, 4, 2, 2], segments: 6 },
    { rows: [6], ids: [0, 1, 0, 1, 0, 9], segments: 2 },
    { rows: [4, 2, 3], ids: [1, -1, 1, 0], segments: 3 },
  ])("sums rows $rows by ids $ids into $segments", async ({ rows, ids, segments }) => {
    const values = noise("rows", rows);
    const compute = (): Float32Array =>
      tidy(() => unsortedSegmentSum(tensor(values, rows), tensor1d(ids, "int32"), segments).dataSync<"float32">());
    expect(compute()).toBeAllClose(await onCpu(compute), { absolute: 1e-6 });
  });

  test("through softmax and matMul agrees with the JavaScript backend", async () => {
    const compute = (): Float32Array =>
      tidy(() => {
        const indices = tensor1d([6, 0, 0, 3, 6, 6], "int32");
        const weights = tensor2d(noise("weights", [5, 4]), [5, 4]);
        const weighting = tensor2d(noise("weighting", [6, 4]), [6, 4]);
        const loss = (inputs: Tensor): Tensor => sum(mul(gather(softmax(matMul(inputs, weights)), indices), weighting));
        return grad(loss)(tensor2d(noise("inputs", [7, 5]), [7, 5])).dataSync<"float32">();
      });
    expect(compute()).toBeAllClose(await onCpu(compute), { absolute: 1e-6, relative: 1e-5 });
  });

  test("leaves no tensor behind", async () => {
    await expectNoLeaks(() => {
      tidy(() => unsortedSegmentSum(tensor2d([[1], [2]]), tensor1d([0, 0], "int32"), 1)).dispose();
    });
  });
});
