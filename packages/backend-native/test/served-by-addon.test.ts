import {
  add, all, any, argMax, argMin, cast, conv2d, cumsum, engine, fused, gather, image, less, logicalAnd, logicalNot, logicalOr, maximum, minimum, mul, oneHot, sub, type Tensor,
  tensor, type Tensor1D, type Tensor4D, topk, unsortedSegmentSum, where,
} from "@tensorflow/tfjs-core";
import { expect, it, vi } from "vitest";
import { binding, type Binding } from "../src/binding.js";
import { filled } from "./agree.js";
import { on } from "./on-backend.js";

const integers = (): Tensor1D => tensor([0, 2, 1], [3], "int32");
const truths = (): Tensor => tensor([0, 1, 1], [3], "bool");
const [images, filter] = [() => filled([1, 4, 4, 3], 1) as Tensor4D, () => filled([2, 2, 3, 5], 2) as Tensor4D];
const attributes = { strides: 2, pad: "valid", dataFormat: "NHWC", inputShape: [1, 4, 4, 3], filterShape: [2, 2, 3, 5] };
const gradient = (name: string, inputs: object): Tensor => engine().runKernel<Tensor>(name, { dy: filled([1, 2, 2, 5], 3), ...inputs }, attributes);

const served: [string, keyof Binding, () => Tensor | Tensor[]][] = [
  ["Conv2D", "convolve", () => conv2d(images(), filter(), 1, "same")],
  ["FusedConv2D", "convolve", () => fused.conv2d({ x: images(), filter: filter(), strides: 1, pad: "same", bias: filled([5], 3), activation: "relu" })],
  ["Conv2DBackpropInput", "convolveInputGradient", () => gradient("Conv2DBackpropInput", { filter: filter() })],
  ["Conv2DBackpropFilter", "convolveFilterGradient", () => gradient("Conv2DBackpropFilter", { x: images() })],
  ["ResizeBilinear", "resize", () => image.resizeBilinear(images(), [3, 5])],
  ["ResizeBilinearGrad", "resizeGradient", () => engine().runKernel<Tensor>("ResizeBilinearGrad", { images: images(), dy: filled([1, 3, 5, 3], 1) }, { alignCorners: false, halfPixelCenters: true })],
  ["Select of floats", "selectFloats", () => where(truths(), filled([3], 1), filled([3], 2))],
  ["Select of truth values", "selectBytes", () => where(truths(), truths(), truths())],
  ["OneHot", "oneHotIntegers", () => oneHot(integers(), 3)],
  ["OneHot in floats", "oneHotFloats", () => oneHot(integers(), 3, 1, 0, "float32")],
  ["Cast float32 to int32", "floatsToIntegers", () => cast(filled([3], 1), "int32")],
  ["Cast float32 to bool", "floatsToTruths", () => cast(filled([3], 1), "bool")],
  ["Cast int32 to float32", "integersToFloats", () => cast(integers(), "float32")],
  ["Cast int32 to bool", "integersToTruths", () => cast(integers(), "bool")],
  ["Cast bool to float32", "truthsToFloats", () => cast(truths(), "float32")],
  ["Cast bool to int32", "truthsToIntegers", () => cast(truths(), "int32")],
  ["Cumsum", "cumulativeSumFloats", () => cumsum(filled([3], 1))],
  ["Cumsum of integers", "cumulativeSumIntegers", () => cumsum(integers())],
  ["TopK", "topFloats", () => Object.values<Tensor>(topk(filled([3], 1), 2))],
  ["TopK of integers", "topIntegers", () => Object.values<Tensor>(topk(integers(), 2))],
  ["ArgMax", "findFloats", () => argMax(filled([3], 1))],
  ["ArgMin of integers", "findIntegers", () => argMin(integers())],
  ["All", "reduceTruths", () => all(truths())],
  ["Any", "reduceTruths", () => any(truths())],
  ["LogicalAnd", "binaryTruths", () => logicalAnd(truths(), truths())],
  ["LogicalOr", "binaryTruths", () => logicalOr(truths(), truths())],
  ["LogicalNot", "not", () => logicalNot(truths())],
  ...[add, sub, mul, maximum, minimum].map((f): [string, keyof Binding, () => Tensor] => [`${f.name} of integers`, "binaryIntegers", () => f(integers(), integers())]),
  ["Less of integers", "compareIntegers", () => less(integers(), integers())],
  ["GatherV2 of integers", "gather", () => gather(integers(), integers())],
  ["GatherV2 of truth values", "gatherBytes", () => gather(truths(), integers())],
  ["UnsortedSegmentSum of integers", "segmentSum", () => unsortedSegmentSum(integers(), integers(), 3)],
];

it.each(served)("%s is computed by the addon", async (_, name, compute) => {
  const call = vi.spyOn(binding, name);
  await on("native", compute);
  expect(call).toHaveBeenCalled();
  call.mockRestore();
});
