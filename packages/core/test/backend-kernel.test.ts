import { getBackend, registerKernel, tensor, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backendKernel } from "../src/index.js";

beforeEach(() => {
  const kernelFunc = ({ inputs, attrs }: { inputs: object; attrs?: object }): TensorInfo[] =>
    Object.values(inputs).map((input: TensorInfo) => tensor([(attrs as { factor: number }).factor], input.shape));
  registerKernel({ kernelName: "TestKernel", backendName: getBackend(), kernelFunc });
});
afterEach(() => {
  unregisterKernel("TestKernel", getBackend());
});

test("runs a kernel of the current backend on named or listed tensors", () => {
  const kernel = backendKernel("TestKernel")!;
  const [x, y] = [tensor([1]), tensor([[2]])];
  expect(kernel({ x, y }, { factor: 3 }).map(({ shape }) => shape)).toEqual([[1], [1, 1]]);
  expect(Array.from(kernel([x, y], { factor: 3 })[0]!.dataSync())).toEqual([3]);
});

test("is undefined where the backend has no such kernel", () => {
  expect(backendKernel("NoSuchKernel")).toBeUndefined();
});
