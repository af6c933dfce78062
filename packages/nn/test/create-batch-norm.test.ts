import { type Collective, createRandom, type ForwardContext, ShapeError, singleProcess } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import {
  concat,
  grads,
  mul,
  type Rank,
  slice,
  sum,
  type Tensor,
  tensor2d,
  type Tensor2D,
  type Variable,
  variableGrads,
} from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { createBatchNorm } from "../src/index.js";
import { randomTensor } from "./expect-same-function.js";

const [rows, dim] = [6, 4];
const epsilon = 1e-5;
const context = (collective: Collective): ForwardContext => ({ training: true, random: createRandom(0), collective });
const training = context(singleProcess);

const batchOf = (name: string): Tensor2D => mul(randomTensor(name, [rows, dim]), tensor2d([[1, 2, 0.5, 3]]));
const column = (values: ArrayLike<number>, index: number): number[] => Array.from({ length: rows }, (_, row) => values[row * dim + index]!);
const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const sumOfSquares = (values: readonly number[]): number => values.reduce((total, value) => total + (value - meanOf(values)) ** 2, 0);

/** The formula, in float64: (x - mean) ÷ √(biased variance + ε)·γ + β, column by column. */
function formula(values: ArrayLike<number>, gamma: ArrayLike<number>, beta: ArrayLike<number>): number[] {
  const statistics = Array.from({ length: dim }, (_, index) => {
    const x = column(values, index);
    return { mean: meanOf(x), deviation: Math.sqrt(sumOfSquares(x) / rows + epsilon) };
  });
  return Array.from({ length: rows * dim }, (_, position) => {
    const { mean, deviation } = statistics[position % dim]!;
    return ((values[position]! - mean) / deviation) * gamma[position % dim]! + beta[position % dim]!;
  });
}

function affine(): { gamma: Tensor; beta: Tensor; norm: ReturnType<typeof createBatchNorm> } {
  const norm = createBatchNorm({ dim });
  const [gamma, beta] = [randomTensor("gamma", [dim]), randomTensor("beta", [dim])];
  norm.parameters["weight"]!.assign(gamma);
  norm.parameters["bias"]!.assign(beta);
  return { gamma, beta, norm };
}

test("training: batch statistics, checked against the formula in float64", () => {
  const { gamma, beta, norm } = affine();
  const x = batchOf("x");
  expect(norm.apply(x, training)).toBeAllClose(formula(x.dataSync(), gamma.dataSync(), beta.dataSync()), { absolute: 1e-6 });
});

test("running statistics after two steps: PyTorch's momentum, unbiased variance; evaluation uses them", () => {
  const { gamma, beta, norm } = affine();
  const batches = [batchOf("first"), batchOf("second")];
  for (const batch of batches) norm.apply(batch, training);
  const expectedMean = Array.from({ length: dim }, () => 0);
  const expectedVariance = Array.from({ length: dim }, () => 1);
  for (const batch of batches) {
    for (let index = 0; index < dim; index++) {
      const x = column(batch.dataSync(), index);
      expectedMean[index] = 0.9 * expectedMean[index]! + 0.1 * meanOf(x);
      expectedVariance[index] = 0.9 * expectedVariance[index]! + (0.1 * sumOfSquares(x)) / (rows - 1);
    }
  }
  expect(norm.buffers["running_mean"]!).toBeAllClose(expectedMean);
  expect(norm.buffers["running_var"]!).toBeAllClose(expectedVariance);

  const x = batchOf("x");
  const [xs, gammas, betas] = [x.dataSync(), gamma.dataSync(), beta.dataSync()];
  const expected = Array.from(xs, (value, position) => {
    const index = position % dim;
    return ((value - expectedMean[index]!) / Math.sqrt(expectedVariance[index]! + epsilon)) * gammas[index]! + betas[index]!;
  });
  const evaluation: ForwardContext = { ...training, training: false };
  expect(norm.apply(x)).toBeAllClose(expected);
  expect(norm.apply(x, evaluation)).toBeAllClose(expected);
  expect(norm.buffers["running_mean"]!).toBeAllClose(expectedMean);
});

test("gradients equal finite differences of the formula in float64", () => {
  const { gamma, beta, norm } = affine();
  const x = batchOf("x");
  const weights = randomTensor<Rank.R2>("weights of the loss", [rows, dim]);
  const lossWeights = weights.dataSync();
  const { weight, bias } = norm.parameters as Record<"weight" | "bias", Variable>;
  const received = grads((input) => sum(mul(norm.apply(input as Tensor2D, training), weights)))([x])[0]!;
  const ofParameters = variableGrads(() => sum(mul(norm.apply(x, training), weights)), [weight, bias]).grads;

  const point = [x, gamma, beta].map((values) => Array.from(values.dataSync()));
  const loss = (): number =>
    formula(point[0]!, point[1]!, point[2]!).reduce((total, value, index) => total + value * lossWeights[index]!, 0);
  const differences = (values: number[]): number[] =>
    values.map((value, index) => {
      const step = 1e-5;
      values[index] = value + step;
      const above = loss();
      values[index] = value - step;
      const below = loss();
      values[index] = value;
      return (above - below) / (2 * step);
    });
  expect(received).toBeAllClose(differences(point[0]!), { absolute: 2e-6 });
  expect(ofParameters[weight.name]!).toBeAllClose(differences(point[1]!), { absolute: 2e-6 });
  expect(ofParameters[bias.name]!).toBeAllClose(differences(point[2]!), { absolute: 2e-6 });
});

test("two processes with half the batch each are one process with all of it", () => {
  const x = batchOf("x");
  const weights = randomTensor<Rank.R2>("weights of the loss", [rows, dim]);
  const run = (collective: Collective, part: (all: Tensor2D) => Tensor2D) => {
    const { norm } = affine();
    const output = norm.apply(part(x), context(collective));
    const gradient = grads((input) => sum(mul(norm.apply(input as Tensor2D, context(collective)), part(weights))))([
      part(x),
    ])[0] as Tensor2D;
    return { output, gradient, mean: norm.buffers["running_mean"]!, variance: norm.buffers["running_var"]! };
  };
  const half = rows / 2;
  const alone = run(singleProcess, (all) => all);
  const together = onRanks(2, (collective) => run(collective, (all) => slice(all, [collective.rank * half, 0], [half, dim])));
  expect(concat(together.map(({ output }) => output))).toBeAllClose(alone.output, { absolute: 2e-6 });
  expect(concat(together.map(({ gradient }) => gradient))).toBeAllClose(alone.gradient, { absolute: 2e-6 });
  for (const { mean, variance } of together) {
    expect(mean).toBeAllClose(alone.mean);
    expect(variance).toBeAllClose(alone.variance);
  }
});

describe("options", () => {
  test("scale and center leave their parameter out", () => {
    expect(Object.keys(createBatchNorm({ dim }).parameters)).toEqual(["weight", "bias"]);
    expect(Object.keys(createBatchNorm({ dim, center: false }).parameters)).toEqual(["weight"]);
    expect(Object.keys(createBatchNorm({ dim, scale: false, center: false }).parameters)).toEqual([]);
    const plain = createBatchNorm({ dim, scale: false, center: false });
    const x = batchOf("x");
    expect(plain.apply(x, training)).toBeAllClose(formula(x.dataSync(), [1, 1, 1, 1], [0, 0, 0, 0]), { absolute: 1e-6 });
  });

  test("momentum 1 keeps the newest batch alone", () => {
    const norm = createBatchNorm({ dim, momentum: 1 });
    norm.apply(batchOf("first"), training);
    norm.apply(batchOf("second"), training);
    expect(norm.buffers["running_mean"]!).toBeAllClose(
      Array.from({ length: dim }, (_, index) => meanOf(column(batchOf("second").dataSync(), index))),
    );
  });
});

test("one row has no variance: refused in training, taken in evaluation; one row a process is enough", () => {
  const norm = createBatchNorm({ dim });
  const row = randomTensor<Rank.R2>("row", [1, dim]);
  expect(() => norm.apply(row, training)).toThrow(/expected at least 2 rows, received \[1, 4\]\. One row has no variance/);
  expect(norm.apply(row)).toBeAllClose(row, { relative: 1e-5 });
  expect(onRanks(2, (collective) => createBatchNorm({ dim }).apply(row, context(collective)))).toHaveLength(2);
  expect(() => norm.apply(randomTensor<Rank.R2>("x", [2, 3]), training)).toThrow(ShapeError);
});

test("movesStatistics false: the output and the gradient of training, and running statistics that stay", () => {
  const [moving, still] = [affine().norm, affine().norm];
  const x = batchOf("x");
  const looking: ForwardContext = { ...training, movesStatistics: false };
  const gradientOf = (norm: typeof still, given: ForwardContext): Tensor => grads((input) => sum(mul(norm.apply(input as Tensor2D, given), x)))([x])[0]!;
  expect([...still.apply(x, looking).dataSync()]).toEqual([...moving.apply(x, training).dataSync()]);
  expect([...gradientOf(still, looking).dataSync()]).toEqual([...gradientOf(moving, training).dataSync()]);
  const running = ({ buffers }: typeof still): number[][] => ["running_mean", "running_var"].map((name) => [...buffers[name]!.dataSync()]);
  expect(running(still)).toEqual([[0, 0, 0, 0], [1, 1, 1, 1]]);
  expect(running(moving)).not.toEqual(running(still));
});

test("leaves no tensor behind", async () => {
  const norm = createBatchNorm({ dim });
  const x = batchOf("x");
  await expectNoLeaks(() => {
    norm.apply(x).dispose();
    norm.apply(x, training).dispose();
    norm.apply(x, { ...training, movesStatistics: false }).dispose();
    grads((input) => sum(norm.apply(input as Tensor2D, training)))([x])[0]!.dispose();
  });
});
