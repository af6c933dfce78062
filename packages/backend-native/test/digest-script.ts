// Prints a digest of what many kernels compute, with the precision and the instructions in use, and the error of a product.
import { createHash } from "node:crypto";
import { argMax, conv2d, cumsum, engine, exp, image, matMul, max, mean, neg, prod, reshape, setBackend, softmax, sum, type Tensor, tensor, tensor1d, type Tensor4D, topk, transpose, unsortedSegmentSum } from "@tensorflow/tfjs-core";
import { nativeInfo, setPrecision } from "../src/index.js";
import { noise } from "./noise.js";

await setBackend("native");
setPrecision(process.env["PRECISION"] === "bfloat16" ? "bfloat16" : "float32");

const product = (shape: readonly number[]): number => shape.reduce((result, size) => result * size, 1);
const filled = (shape: number[], seed: number): Tensor => tensor(noise(product(shape), seed), shape);
const kernel = (name: string, inputs: object, attributes: object): Tensor[] => [engine().runKernel<Tensor | Tensor[]>(name, inputs as never, attributes as never)].flat();

const [x, weight, bias, qkv] = [filled([3, 701, 96], 1), filled([384, 96], 2), filled([384], 3), filled([4, 65, 288], 4)];
const [scale, offset] = [filled([96], 5), filled([96], 6)];
const [hidden, preActivation] = kernel("FusedLinear", { x, weight, bias }, { activation: "gelu", keepPreActivation: true });
const [normal, means, inverseDeviation] = kernel("LayerNorm", { x, scale, offset }, { epsilon: 1e-6 });
const [attended, logSums] = kernel("Attention", { qkv }, { numHeads: 3 });
const [wide, narrow] = [filled([288, 96], 15), filled([96, 96], 16)];
const attentionWeights = { x, scale, offset, qkvWeight: wide, weight: narrow, bias: offset };
const [afterAttention, ...keptOfAttention] = kernel("AttentionBlock", attentionWeights, { numHeads: 3, epsilon: 1e-6, keep: true });
const [mean1, inverse1, qkv1, attended1, logSums1] = keptOfAttention;
const mlpWeights = { x, scale, offset, weight1: weight, bias1: bias, weight2: filled([96, 384], 17), bias2: offset };
const [afterMlp, mean2, inverse2, hidden2] = kernel("MlpBlock", mlpWeights, { epsilon: 1e-6, keep: true });
const [images, filter] = [filled([3, 40, 37, 48], 13) as Tensor4D, filled([3, 3, 48, 33], 14) as Tensor4D];
const convolution = { strides: 2, pad: "same", dataFormat: "NHWC", inputShape: images.shape, filterShape: filter.shape };
const convolved = conv2d(images, filter, 2, "same");
const resized = image.resizeBilinear(images, [50, 20], false, true);
const rows = tensor1d(Array.from({ length: 2103 }, (_, row) => (row * 7) % 40), "int32");
const [wideRows, classes] = [filled([300, 700], 18), softmax(filled([300, 700], 19))];
const [loss, sums] = kernel("SoftmaxCrossEntropy", { logits: wideRows, targets: classes }, {});
const optimizer = { learningRates: [0.1], weightDecays: [0.1], beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 2 };
const results = [
  ...[loss!, sums!, ...kernel("SoftmaxCrossEntropyGrad", { logits: wideRows, targets: classes, logSums: sums!, dy: loss! }, {})],
  ...kernel("AdamW", [wideRows, classes, exp(wideRows), classes], optimizer),
  ...kernel("SquaredNorms", [x, wideRows, images], {}),
  ...kernel("GatherTokensGrad", { dy: x, indices: reshape(rows, [3, 701]) }, { tokens: 40 }),
  ...[unsortedSegmentSum(reshape(x, [2103, 96]), rows, 40), max(x, [0, 1]), prod(classes, 0)],
  ...[afterAttention!, afterMlp!],
  ...kernel(
    "AttentionBlockGrad",
    { ...attentionWeights, mean: mean1, inverseDeviation: inverse1, qkv: qkv1, attended: attended1, logSums: logSums1, dy: neg(x) },
    { numHeads: 3 },
  ),
  ...kernel("MlpBlockGrad", { ...mlpWeights, mean: mean2, inverseDeviation: inverse2, hidden: hidden2, dy: neg(x) }, {}),
  convolved,
  ...kernel("Conv2DBackpropInput", { dy: convolved, filter }, convolution),
  ...kernel("Conv2DBackpropFilter", { x: images, dy: convolved }, convolution),
  ...[resized, ...kernel("ResizeBilinearGrad", { images, dy: resized }, { alignCorners: false, halfPixelCenters: true })],
  ...[cumsum(x, 1), cumsum(x, 2, true, true), argMax(x, 1), topk(x, 5).values],
  hidden!,
  ...kernel("FusedLinearGrad", { x, weight, dy: hidden!, preActivation: preActivation! }, { activation: "gelu" }),
  normal!,
  ...kernel("LayerNormGrad", { x, scale, mean: means!, inverseDeviation: inverseDeviation!, dy: neg(x) }, {}),
  attended!,
  ...kernel("AttentionGrad", { qkv, y: attended!, logSums: logSums!, dy: neg(attended!) }, { numHeads: 3 }),
  ...kernel("ScaleAddResidualGrad", { branch: x, scale, dy: normal! }, {}),
  matMul(filled([700, 1500], 7), filled([1500, 40], 8)),
  matMul(filled([20, 30, 40], 9), filled([20, 40, 10], 10)),
  ...[sum(x), sum(x, [0, 1]), mean(x, [0, 2]), softmax(x), exp(neg(x)), transpose(x, [2, 0, 1])],
];
const digest = createHash("sha256");
for (const result of results) digest.update(result.dataSync() as Float32Array | Int32Array);

const [a, b] = [noise(64 * 512, 11), noise(512 * 64, 12)];
const received = matMul(tensor(a, [64, 512]), tensor(b, [512, 64])).dataSync();
let worst = 0;
for (let row = 0; row < 64; row++) {
  for (let column = 0; column < 64; column++) {
    let exact = 0;
    for (let depth = 0; depth < 512; depth++) exact += a[row * 512 + depth]! * b[depth * 64 + column]!;
    worst = Math.max(worst, Math.abs(received[row * 64 + column]! - exact));
  }
}
process.stdout.write(JSON.stringify({ ...nativeInfo(), digest: digest.digest("hex"), worst }));
