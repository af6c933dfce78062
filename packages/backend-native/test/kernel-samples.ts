import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { binding } from "../src/binding.js";
import { noise } from "./noise.js";

/** A call that a kernel accepts. */
export interface Sample {
  readonly inputs: Readonly<Record<string, Tensor>> | readonly Tensor[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

const product = (shape: readonly number[]): number => shape.reduce((result, size) => result * size, 1);
const floats = (...shape: number[]): Tensor => tensor(noise(product(shape), product(shape) + 1), shape);
const integers = (shape: number[], limit = 3): Tensor => tensor(Array.from({ length: product(shape) }, (_, index) => index % limit), shape, "int32");
const truths = (...shape: number[]): Tensor => tensor(Array.from({ length: product(shape) }, (_, index) => index % 2), shape, "bool");

const sample = (inputs: Sample["inputs"], attributes: Sample["attributes"] = {}): Sample => ({ inputs, attributes });

/** The same function for each of several kernels. */
const each = (names: readonly string[], make: () => Sample[]): Record<string, () => Sample[]> => Object.fromEntries(names.map((name) => [name, make]));

const convolution = { strides: [1, 1], pad: "same", dataFormat: "NHWC", dilations: [1, 1], dimRoundingMode: undefined };

const ofNorm = () => ({ x: floats(2, 7, 12), scale: floats(12), offset: floats(12) });
const ofMlp = () => ({ ...ofNorm(), weight1: floats(17, 12), bias1: floats(17), weight2: floats(12, 17), bias2: floats(12) });
const ofAttention = () => ({ ...ofNorm(), qkvWeight: floats(36, 12), weight: floats(12, 12), bias: floats(12) });
const ofGradient = () => ({ mean: floats(14), inverseDeviation: floats(14), dy: floats(2, 7, 12), dBranch: floats(2, 7, 12) });

/**
 * Calls of every native kernel, made anew each time (the tensors are the caller's). A kernel that has none here is named by a test: add a small call
 * in which every size differs, and one for each dtype that runs other code.
 */
export const samples: Readonly<Record<string, () => Sample[]>> = {
  ...each(binding.unaryNames(), () => [sample({ x: floats(3, 35) }, { alpha: 0.2 })]),
  ...each(binding.binaryNames(), () => [sample({ a: floats(5, 1, 19), b: floats(4, 19) }), sample({ a: integers([7]), b: integers([7], 2) })]),
  ...each(binding.comparisonNames(), () => [sample({ a: floats(5, 1, 19), b: floats(4, 19) }), sample({ a: integers([7]), b: integers([7], 2) })]),
  ...each(["LogicalAnd", "LogicalOr"], () => [sample({ a: truths(5, 1), b: truths(3) })]),
  LogicalNot: () => [sample({ x: truths(9) })],
  ...each(["Sum", "Mean", "Max", "Min", "Prod"], () => [
    sample({ x: floats(3, 5, 7) }, { axis: [1], reductionIndices: [1], keepDims: false }),
    sample({ x: floats(3, 5, 7) }, { axis: [0, 2], reductionIndices: [0, 2], keepDims: true }),
  ]),
  ...each(["All", "Any"], () => [sample({ x: truths(3, 5) }, { axis: [1], keepDims: false })]),
  ...each(["ArgMax", "ArgMin"], () => [sample({ x: floats(3, 5) }, { axis: 1 }), sample({ x: integers([3, 5]) }, { axis: 0 })]),
  Cumsum: () => [sample({ x: floats(3, 5) }, { axis: 1, exclusive: false, reverse: false }), sample({ x: integers([3, 5]) }, { axis: 0, exclusive: true, reverse: true })],
  TopK: () => [sample({ x: floats(3, 5) }, { k: 2, sorted: true }), sample({ x: integers([3, 5]) }, { k: 3, sorted: false })],
  Cast: () => [floats(7), integers([7]), truths(7)].flatMap((x) => ["float32", "int32", "bool"].map((dtype) => sample({ x }, { dtype }))),
  Select: () => [sample({ condition: truths(3, 5), t: floats(3, 5), e: floats(3, 5) }), sample({ condition: truths(3), t: integers([3, 5]), e: integers([3, 5]) }), sample({ condition: truths(3, 5), t: truths(3, 5), e: truths(3, 5) })],
  OneHot: () => ["float32", "int32"].map((dtype) => sample({ indices: integers([7], 5) }, { depth: 5, onValue: 1, offValue: 0, dtype })),
  Softmax: () => [sample({ logits: floats(3, 19) }, { dim: -1 })],
  LogSoftmax: () => [sample({ logits: floats(3, 19) })],
  ...each(["BatchMatMul", "_FusedMatMul"], () => [
    sample({ a: floats(2, 13, 7), b: floats(2, 7, 19) }, { transposeA: false, transposeB: false }),
    sample({ a: floats(7, 13), b: floats(19, 7), bias: floats(19) }, { transposeA: true, transposeB: true, activation: "relu" }),
  ]),
  Transpose: () => [sample({ x: floats(3, 20, 7) }, { perm: [2, 0, 1] }), sample({ x: truths(3, 5) }, { perm: [1, 0] })],
  Slice: () => [sample({ x: floats(3, 20, 7) }, { begin: [1, 2, 0], size: [2, 9, 7] })],
  Reverse: () => [sample({ x: integers([3, 20]) }, { dims: [1] })],
  Tile: () => [sample({ x: floats(3, 7) }, { reps: [2, 3] })],
  PadV2: () => [sample({ x: floats(3, 7) }, { paddings: [[1, 2], [0, 3]], constantValue: 1 })],
  Concat: () => [sample([floats(3, 7), floats(3, 5)], { axis: 1 })],
  Pack: () => [sample([floats(3, 7), floats(3, 7)], { axis: 1 })],
  Unpack: () => [sample({ value: floats(3, 7) }, { axis: 1 })],
  SplitV: () => [sample({ x: floats(3, 7) }, { numOrSizeSplits: [2, 5], axis: 1 })],
  Fill: () => [sample({}, { shape: [3, 7], value: 2, dtype: "float32" })],
  ...each(["ZerosLike", "OnesLike"], () => [sample({ x: floats(3, 7) })]),
  GatherV2: () => [sample({ x: floats(4, 3, 7), indices: integers([5]) }, { axis: 1, batchDims: 0 }), sample({ x: floats(4, 3, 7), indices: integers([4, 2]) }, { axis: 1, batchDims: 1 }), sample({ x: truths(4, 3), indices: integers([5]) }, { axis: 1, batchDims: 0 })],
  UnsortedSegmentSum: () => [sample({ x: floats(5, 7), segmentIds: integers([5]) }, { numSegments: 3 })],
  Conv2D: () => [sample({ x: floats(2, 9, 7, 3), filter: floats(3, 2, 3, 5) }, convolution)],
  FusedConv2D: () => [sample({ x: floats(2, 9, 7, 3), filter: floats(3, 2, 3, 5), bias: floats(5) }, { ...convolution, activation: "relu" })],
  Conv2DBackpropInput: () => [sample({ dy: floats(2, 9, 7, 5), filter: floats(3, 2, 3, 5) }, { ...convolution, inputShape: [2, 9, 7, 3] })],
  Conv2DBackpropFilter: () => [sample({ x: floats(2, 9, 7, 3), dy: floats(2, 9, 7, 5) }, { ...convolution, filterShape: [3, 2, 3, 5] })],
  ResizeBilinear: () => [sample({ images: floats(2, 5, 7, 3) }, { alignCorners: false, halfPixelCenters: true, size: [4, 9] })],
  ResizeBilinearGrad: () => [sample({ images: floats(2, 5, 7, 3), dy: floats(2, 4, 9, 3) }, { alignCorners: false, halfPixelCenters: false })],

  FusedLinear: () => [
    sample({ x: floats(3, 13, 20), weight: floats(35, 20), bias: floats(35) }, { activation: "gelu", keepPreActivation: true }),
    sample({ x: floats(13, 20), weight: floats(35, 20) }),
  ],
  FusedLinearGrad: () => [
    sample({ x: floats(13, 20), weight: floats(35, 20), dy: floats(13, 35), preActivation: floats(13, 35) }, { activation: "gelu", bias: true, inputGradient: true }),
    sample({ x: floats(13, 20), weight: floats(35, 20), dy: floats(13, 35) }, { inputGradient: false, bias: false }),
  ],
  LayerNorm: () => [sample({ x: floats(3, 5, 19), scale: floats(19), offset: floats(19) }, { epsilon: 1e-6 })],
  LayerNormGrad: () => [sample({ x: floats(3, 5, 19), scale: floats(19), mean: floats(15), inverseDeviation: floats(15), dy: floats(3, 5, 19) })],
  Gelu: () => [sample({ x: floats(3, 35) })],
  GeluGrad: () => [sample({ x: floats(3, 35), dy: floats(3, 35) })],
  MlpBlock: () => [sample({ ...ofMlp(), factors: floats(2) }, { epsilon: 1e-6, keep: true })],
  MlpBlockGrad: () => [sample({ ...ofMlp(), ...ofGradient(), hidden: floats(2, 7, 17) })],
  AttentionBlock: () => [sample({ ...ofAttention(), qkvBias: floats(36), factors: floats(2) }, { numHeads: 3, epsilon: 1e-6, keep: true })],
  AttentionBlockGrad: () => [
    sample({ ...ofAttention(), ...ofGradient(), qkv: floats(2, 7, 36), attended: floats(2, 7, 12), logSums: floats(2, 3, 7) }, { numHeads: 3 }),
  ],
  SquaredNorms: () => [sample([floats(3, 19), floats(5)])],
  Attention: () => [sample({ qkv: floats(2, 13, 30) }, { numHeads: 2, scale: 0.5 })],
  AttentionGrad: () => [sample({ qkv: floats(2, 13, 30), y: floats(2, 13, 10), logSums: floats(2, 2, 13), dy: floats(2, 13, 10) }, { numHeads: 2, scale: 0.5 })],
  ScaleAddResidual: () => [sample({ x: floats(3, 5, 19), branch: floats(3, 5, 19), scale: floats(19), factor: floats(3) })],
  ScaleAddResidualGrad: () => [sample({ branch: floats(3, 5, 19), scale: floats(19), factor: floats(3), dy: floats(3, 5, 19) })],
  Patchify: () => [sample({ images: floats(2, 4, 6, 3) }, { patchSize: 2 })],
  PatchifyGrad: () => [sample({ dy: floats(2, 6, 12) }, { patchSize: 2, imageShape: [2, 4, 6, 3] })],
  GatherTokens: () => [sample({ x: floats(2, 3, 19), indices: integers([2, 5]) })],
  GatherTokensGrad: () => [sample({ dy: floats(2, 5, 19), indices: integers([2, 5]) }, { tokens: 3 })],
  SoftmaxCrossEntropy: () => [sample({ logits: floats(3, 19), targets: floats(3, 19) })],
  SoftmaxCrossEntropyGrad: () => [sample({ logits: floats(3, 19), targets: floats(3, 19), logSums: floats(3), dy: floats(3) })],
  AdamW: () => [
    sample([floats(3, 19), floats(3, 19), floats(3, 19), floats(3, 19)], { learningRates: [0.1], weightDecays: [0.1], beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 2 }),
  ],
  ExponentialMovingAverage: () => [sample([floats(3, 19), floats(3, 19)], { momentum: 0.9 })],
};
