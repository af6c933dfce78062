/**
 * Multinomial logistic regression with an L2 penalty, solved to convergence: mean cross-entropy + weightDecay / 2 · ‖weights‖², the biases
 * free. The preconditioner is Böhning's bound of the second derivative ("Multinomial logistic regression algorithm", Annals of the Institute
 * of Statistical Mathematics 44, 1992): ½·covariance + weightDecay for each class, which makes ten-odd iterations do what plain L-BFGS or
 * SGD need hundreds for, whatever the correlation of the features. Features wider than any ViT's (pixels) go without it: there it would cost
 * more than it saves.
 */
import { add, div, exp, log, matMul, max, mul, sub, sum, type Tensor, tensor1d, tensor2d, tidy, transpose } from "@tensorflow/tfjs-core";
import { cholesky, solveCholesky } from "./cholesky.js";
import { type Evaluation, minimize } from "./minimize.js";
import { takeValues } from "./take-values.js";

/** Standardised features with their classes, as tensors in chunks of rows. */
export interface LabelledRows {
  readonly chunks: readonly { readonly features: Tensor; readonly targets: Tensor }[];
  readonly count: number;
  readonly dim: number;
  readonly numClasses: number;
}

const chunkRows = 4096;
const widestPreconditioned = 1536;
/** Keeps directions in which features do not vary at all from dominating the preconditioner. */
const floor = 1e-5;

/** Uploads standardised features, [labels, dim]. Free with {@link disposeRows}. */
export function uploadRows(values: Float32Array, labels: Int32Array, dim: number, numClasses: number): LabelledRows {
  const chunks = [];
  for (let first = 0; first < labels.length; first += chunkRows) {
    const chunkLabels = labels.subarray(first, first + chunkRows);
    const rows = chunkLabels.length;
    const features = tensor2d(values.subarray(first * dim, (first + rows) * dim), [rows, dim]);
    // One-hot, [rows, K]. Not by tfjs's oneHot: asked for float32 on wasm, 4.22 returns zeros.
    const targets = new Float32Array(rows * numClasses);
    chunkLabels.forEach((label, row) => (targets[row * numClasses + label] = 1));
    chunks.push({ features, targets: tensor2d(targets, [rows, numClasses]) });
  }
  return { chunks, count: labels.length, dim, numClasses };
}

export function disposeRows({ chunks }: LabelledRows): void {
  for (const { features, targets } of chunks) {
    features.dispose();
    targets.dispose();
  }
}

/** Mean of xᵀ·x over the rows, [dim, dim]: the covariance, as the rows are standardised. */
function covariance({ chunks, count, dim }: LabelledRows): Float64Array {
  const total = new Float64Array(dim * dim);
  for (const { features } of chunks) {
    const part = takeValues(tidy(() => matMul(transpose(features), features)));
    for (let index = 0; index < total.length; index++) total[index]! += part[index]! / count;
  }
  return total;
}

/** Weights [K, dim], then biases [K], as tensors ready to multiply from the right. */
function classifierTensors(parameters: Float64Array, dim: number, numClasses: number): { weights: Tensor; biases: Tensor } {
  const values = Float32Array.from(parameters);
  return {
    weights: tidy(() => transpose(tensor2d(values.subarray(0, numClasses * dim), [numClasses, dim]))), // [D, K]
    biases: tensor1d(values.subarray(numClasses * dim)),
  };
}

/** Scores of each class, [rows, K], before the softmax. */
export function classScores(parameters: Float64Array, { chunks, count, dim, numClasses }: LabelledRows): Float32Array {
  const scores = new Float32Array(count * numClasses);
  const { weights, biases } = classifierTensors(parameters, dim, numClasses);
  chunks.forEach(({ features }, index) => {
    scores.set(takeValues(tidy(() => add(matMul(features, weights), biases))), index * chunkRows * numClasses);
  });
  weights.dispose();
  biases.dispose();
  return scores;
}

function evaluateObjective(parameters: Float64Array, rows: LabelledRows, weightDecay: number): Evaluation {
  const { chunks, count, dim, numClasses } = rows;
  const gradient = new Float64Array(parameters.length);
  let value = 0;
  const { weights, biases } = classifierTensors(parameters, dim, numClasses);
  for (const { features, targets } of chunks) {
    const [loss, ofWeights, ofBiases] = tidy(() => {
      const logits = add(matMul(features, weights), biases); // [rows, K]
      const shifted = sub(logits, max(logits, 1, true));
      const exponentials = exp(shifted);
      const normalizer = sum(exponentials, 1, true);
      const error = sub(div(exponentials, normalizer), targets); // [rows, K]
      const crossEntropy = sub(sum(log(normalizer)), sum(mul(shifted, targets)));
      return [crossEntropy, matMul(transpose(error), features), sum(error, 0)] as [Tensor, Tensor, Tensor];
    });
    value += takeValues(loss)[0]! / count;
    takeValues(ofWeights).forEach((part, index) => (gradient[index]! += part / count));
    takeValues(ofBiases).forEach((part, index) => (gradient[numClasses * dim + index]! += part / count));
  }
  weights.dispose();
  biases.dispose();
  for (let index = 0; index < numClasses * dim; index++) {
    value += (weightDecay / 2) * parameters[index]! ** 2;
    gradient[index]! += weightDecay * parameters[index]!;
  }
  return { value, gradient };
}

/** Divides a vector of classifier parameters by Böhning's bound. */
function boundPreconditioner(rowCovariance: Float64Array, { dim, numClasses }: LabelledRows, weightDecay: number): (vector: Float64Array) => void {
  const bound = rowCovariance.map((value) => value / 2);
  for (let column = 0; column < dim; column++) bound[column * (dim + 1)]! += weightDecay + floor;
  const lower = cholesky(bound, dim, floor);
  return (vector) => {
    for (let label = 0; label < numClasses; label++) solveCholesky(lower, dim, vector, label * dim);
    for (let label = 0; label < numClasses; label++) vector[numClasses * dim + label]! *= 2;
  };
}

/**
 * Classifiers with the least penalised loss, one for each weight decay: weights [K, dim], then biases [K]. Each search starts from the
 * result before it, so neighbouring weight decays cost little.
 */
export function fitSoftmaxRegression(rows: LabelledRows, weightDecays: readonly number[]): Float64Array[] {
  const { dim, numClasses } = rows;
  const rowCovariance = dim <= widestPreconditioned ? covariance(rows) : undefined;
  let parameters: Float64Array = new Float64Array(numClasses * (dim + 1));
  return weightDecays.map((weightDecay) => {
    parameters = minimize((point) => evaluateObjective(point, rows, weightDecay), parameters, {
      precondition: rowCovariance && boundPreconditioner(rowCovariance, rows, weightDecay),
      tolerance: 1e-5,
      maxIterations: 100,
    });
    return parameters;
  });
}
