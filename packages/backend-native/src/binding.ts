import { createRequire } from "node:module";
import { loadAddon, thisPlatform } from "./load-addon.js";

type Optional<T> = T | undefined;

/** The addon's functions (native/binding/src). Results are written into arrays that the caller brings. */
export interface Binding {
  instructions(): string;
  threads(): number;
  useBfloat16(wanted: boolean): boolean;
  bytesToCacheLine(array: Uint8Array): number;
  unaryNames(): string[];
  binaryNames(): string[];
  integerNames(): string[];
  connectiveNames(): string[];
  comparisonNames(): string[];
  reductionNames(): string[];
  extremeNames(): string[];
  activationNames(): string[];
  unary(code: number, parameter: number, x: Float32Array, y: Float32Array): void;
  binary(code: number, layout: Int32Array, a: Float32Array, b: Float32Array, y: Float32Array): void;
  binaryIntegers(code: number, layout: Int32Array, a: Int32Array, b: Int32Array, y: Int32Array): void;
  binaryTruths(code: number, layout: Int32Array, a: Uint8Array, b: Uint8Array, y: Uint8Array): void;
  not(x: Uint8Array, y: Uint8Array): void;
  compare(code: number, layout: Int32Array, a: Float32Array, b: Float32Array, y: Uint8Array): void;
  compareIntegers(code: number, layout: Int32Array, a: Int32Array, b: Int32Array, y: Uint8Array): void;
  floatsToIntegers(x: Float32Array, y: Int32Array): void;
  floatsToTruths(x: Float32Array, y: Uint8Array): void;
  integersToFloats(x: Int32Array, y: Float32Array): void;
  integersToTruths(x: Int32Array, y: Uint8Array): void;
  truthsToFloats(x: Uint8Array, y: Float32Array): void;
  truthsToIntegers(x: Uint8Array, y: Int32Array): void;
  selectFloats(condition: Uint8Array, a: Float32Array, b: Float32Array, y: Float32Array): void;
  selectBytes(condition: Uint8Array, a: Uint8Array, b: Uint8Array, y: Uint8Array): void;
  oneHotFloats(indices: Int32Array, depth: number, on: number, off: number, y: Float32Array): void;
  oneHotIntegers(indices: Int32Array, depth: number, on: number, off: number, y: Int32Array): void;
  gelu(x: Float32Array, y: Float32Array): void;
  geluGradient(x: Float32Array, dy: Float32Array, dx: Float32Array): void;
  copyFloats(layout: Int32Array, source: Float32Array, target: Float32Array): void;
  copyBytes(layout: Int32Array, source: Uint8Array, target: Uint8Array): void;
  reduce(code: number, x: Float32Array, count: number, inner: number, y: Float32Array): void;
  reduceTruths(any: boolean, x: Uint8Array, count: number, inner: number, y: Uint8Array): void;
  findFloats(code: number, x: Float32Array, count: number, inner: number, y: Int32Array): void;
  findIntegers(code: number, x: Int32Array, count: number, inner: number, y: Int32Array): void;
  topFloats(x: Float32Array, width: number, count: number, sorted: boolean, values: Float32Array, places: Int32Array): void;
  topIntegers(x: Int32Array, width: number, count: number, sorted: boolean, values: Int32Array, places: Int32Array): void;
  cumulativeSumFloats(x: Float32Array, count: number, inner: number, exclusive: boolean, reverse: boolean, y: Float32Array): void;
  cumulativeSumIntegers(x: Int32Array, count: number, inner: number, exclusive: boolean, reverse: boolean, y: Int32Array): void;
  gather(x: Float32Array, indices: Int32Array, batch: number, outer: number, rows: number, count: number, inner: number, y: Float32Array): void;
  gatherBytes(x: Uint8Array, indices: Int32Array, batch: number, outer: number, rows: number, count: number, inner: number, y: Uint8Array): void;
  scatterAdd(dy: Float32Array, indices: Int32Array, batch: number, rows: number, count: number, inner: number, dx: Float32Array): void;
  segmentSum(x: Float32Array, ids: Int32Array, inner: number, y: Float32Array): void;
  convolve(numbers: Int32Array, x: Float32Array, filter: Float32Array, bias: Optional<Float32Array>, activation: number, y: Float32Array): void;
  convolveInputGradient(numbers: Int32Array, dy: Float32Array, filter: Float32Array, dx: Float32Array): void;
  convolveFilterGradient(numbers: Int32Array, x: Float32Array, dy: Float32Array, dFilter: Float32Array): void;
  resize(numbers: Int32Array, alignCorners: boolean, halfPixelCenters: boolean, x: Float32Array, y: Float32Array): void;
  resizeGradient(numbers: Int32Array, alignCorners: boolean, halfPixelCenters: boolean, dy: Float32Array, dx: Float32Array): void;
  multiply(
    a: Float32Array,
    b: Float32Array,
    bias: Optional<Float32Array>,
    pairs: Int32Array,
    rows: number,
    columns: number,
    depth: number,
    transpose: number,
    activation: number,
    c: Float32Array,
  ): void;
  linear(
    x: Float32Array,
    weight: Float32Array,
    bias: Optional<Float32Array>,
    inputs: number,
    outputs: number,
    activation: number,
    y: Float32Array,
    before: Optional<Float32Array>,
  ): void;
  linearGradient(
    x: Float32Array,
    weight: Float32Array,
    dy: Float32Array,
    before: Optional<Float32Array>,
    inputs: number,
    outputs: number,
    activation: number,
    work: Optional<Float32Array>,
    dx: Optional<Float32Array>,
    dWeight: Float32Array,
    dBias: Optional<Float32Array>,
  ): void;
  layerNorm(
    x: Float32Array,
    scale: Float32Array,
    offset: Float32Array,
    epsilon: number,
    y: Float32Array,
    means: Float32Array,
    inverses: Float32Array,
  ): void;
  layerNormGradient(
    x: Float32Array,
    scale: Float32Array,
    means: Float32Array,
    inverses: Float32Array,
    dy: Float32Array,
    dx: Float32Array,
    dScale: Float32Array,
    dOffset: Float32Array,
  ): void;
  attention(
    qkv: Float32Array,
    batch: number,
    tokens: number,
    heads: number,
    depth: number,
    scale: number,
    out: Float32Array,
    logSums: Float32Array,
  ): void;
  attentionGradient(
    qkv: Float32Array,
    out: Float32Array,
    logSums: Float32Array,
    dOut: Float32Array,
    batch: number,
    tokens: number,
    heads: number,
    depth: number,
    scale: number,
    dQkv: Float32Array,
  ): void;
  mlpBlock(
    x: Float32Array,
    scale: Float32Array,
    offset: Float32Array,
    epsilon: number,
    weight1: Float32Array,
    bias1: Float32Array,
    weight2: Float32Array,
    bias2: Float32Array,
    factors: Optional<Float32Array>,
    tokens: number,
    y: Float32Array,
    means: Optional<Float32Array>,
    inverses: Optional<Float32Array>,
    hidden: Optional<Float32Array>,
  ): void;
  mlpBlockGradient(
    x: Float32Array,
    scale: Float32Array,
    offset: Float32Array,
    weight1: Float32Array,
    bias1: Float32Array,
    weight2: Float32Array,
    bias2: Float32Array,
    means: Float32Array,
    inverses: Float32Array,
    hidden: Float32Array,
    dy: Float32Array,
    dBranch: Float32Array,
    work: Float32Array,
    dx: Float32Array,
    dScale: Float32Array,
    dOffset: Float32Array,
    dWeight1: Float32Array,
    dBias1: Float32Array,
    dWeight2: Float32Array,
    dBias2: Float32Array,
  ): void;
  attentionBlock(
    x: Float32Array,
    scale: Float32Array,
    offset: Float32Array,
    epsilon: number,
    qkvWeight: Float32Array,
    qkvBias: Optional<Float32Array>,
    weight: Float32Array,
    bias: Float32Array,
    factors: Optional<Float32Array>,
    batch: number,
    tokens: number,
    heads: number,
    depth: number,
    y: Float32Array,
    means: Optional<Float32Array>,
    inverses: Optional<Float32Array>,
    qkv: Optional<Float32Array>,
    attended: Optional<Float32Array>,
    logSums: Optional<Float32Array>,
  ): void;
  attentionBlockGradient(
    x: Float32Array,
    scale: Float32Array,
    offset: Float32Array,
    qkvWeight: Float32Array,
    weight: Float32Array,
    bias: Float32Array,
    batch: number,
    tokens: number,
    heads: number,
    depth: number,
    means: Float32Array,
    inverses: Float32Array,
    qkv: Float32Array,
    attended: Float32Array,
    logSums: Float32Array,
    dy: Float32Array,
    dBranch: Float32Array,
    work: Float32Array,
    dx: Float32Array,
    dScale: Float32Array,
    dOffset: Float32Array,
    dQkvWeight: Float32Array,
    dQkvBias: Float32Array,
    dWeight: Float32Array,
    dBias: Float32Array,
  ): void;
  softmax(x: Float32Array, width: number, logarithm: boolean, y: Float32Array): void;
  scaleAdd(
    x: Float32Array,
    values: Float32Array,
    scale: Optional<Float32Array>,
    factors: Optional<Float32Array>,
    tokens: number,
    width: number,
    y: Float32Array,
  ): void;
  scaleAddGradient(
    values: Float32Array,
    scale: Optional<Float32Array>,
    factors: Optional<Float32Array>,
    dy: Float32Array,
    tokens: number,
    width: number,
    dValues: Float32Array,
    dScale: Optional<Float32Array>,
  ): void;
  crossEntropy(logits: Float32Array, targets: Float32Array, width: number, loss: Float32Array, logSums: Float32Array): void;
  crossEntropyGradient(
    logits: Float32Array,
    targets: Float32Array,
    width: number,
    logSums: Float32Array,
    dy: Float32Array,
    dx: Float32Array,
  ): void;
  adamw(
    parameter: Float32Array,
    gradient: Float32Array,
    first: Float32Array,
    second: Float32Array,
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    weightDecay: number,
    firstCorrection: number,
    secondCorrection: number,
    newParameter: Float32Array,
    newFirst: Float32Array,
    newSecond: Float32Array,
  ): void;
  sumOfSquares(x: Float32Array): number;
  movingAverage(momentum: number, average: Float32Array, x: Float32Array, y: Float32Array): void;
}

/** Loaded on import, so that a missing binary is an error of the import. */
export const binding = loadAddon(thisPlatform(), createRequire(import.meta.url)) as Binding;
