import { ConfigError, type Method, type ProcessGroup, type StepContext, type ViewBatch } from "@ssl-vit/core";
import { add, dispose, keep, mul, type Scalar, type Tensor, variableGrads } from "@tensorflow/tfjs-core";
import { assertFinite } from "./assert-finite.js";
import { firstNonFinite } from "./first-non-finite.js";
import { type GradientSums, gradientSums } from "./gradient-sums.js";
import { gradientsAsReady } from "./gradients-as-ready.js";
import { readScalar } from "./read-scalar.js";

/** Means over the batches of one optimizer step; of gradients, over all processes. */
export interface BatchMeans {
  readonly loss: number;
  /** The method's own numbers. */
  readonly metrics: Readonly<Record<string, number>>;
  /** By parameter name; the caller owns them. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/** What went wrong in a batch, and how early on the way to its loss. */
export interface BatchProblem {
  readonly error: Error;
  readonly stage: number;
}

/** With what went wrong: several processes have to end together. */
interface CollectedMeans extends BatchMeans {
  readonly problem: BatchProblem | undefined;
}

/** Collects the batches of one optimizer step, one at a time: of each only its gradients stay, added to those before. */
export interface GradientMean {
  /** Batches since the last `take`. */
  readonly count: number;
  /**
   * Adds the loss and the gradients of a batch.
   *
   * @throws ConfigError when every parameter is frozen; Error when the loss is not finite, unless there are other processes: `take` tells then
   */
  add(batch: ViewBatch, context: StepContext): void;
  /** The means of what was added, and starts anew. */
  take(): CollectedMeans;
  dispose(): void;
}

/**
 * Loss, metrics and gradients of one batch, as far as parameters are not frozen.
 *
 * @param factor of the gradients: with 1 / W, their sum over W processes is the mean
 */
function gradientsOf(method: Method, batch: ViewBatch, context: StepContext, factor: number, onReady?: GradientSums["add"]): BatchMeans {
  const active = Object.entries(method.trainable).filter(([name]) => method.isFrozen?.(name, context) !== true);
  if (active.length === 0) {
    throw new ConfigError({ package: "trainer", what: "trainable", expected: "at least one parameter that is not frozen", received: "none" });
  }
  const metricTensors: Record<string, Tensor> = {};
  let ownLoss: Tensor | undefined;
  const variables = active.map(([, variable]) => variable);
  const scaledLoss = (): Scalar => {
    const { loss, metrics } = method.loss(batch, context);
    for (const [name, metric] of Object.entries<Scalar>(metrics)) metricTensors[name] = keep(metric);
    if (factor === 1) return loss;
    ownLoss = keep(loss);
    return mul(loss, factor);
  };
  const { value, grads } =
    onReady === undefined
      ? variableGrads(scaledLoss, variables)
      : gradientsAsReady(scaledLoss, variables, (index, gradient) => {
          onReady(active[index]![0], gradient);
        });
  const gradients: Record<string, Tensor> = {};
  for (const [name, variable] of active) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) gradients[name] = gradient;
  }
  const metrics = Object.fromEntries(Object.entries(metricTensors).map(([name, metric]) => [name, readScalar(metric)]));
  if (ownLoss === undefined) return { loss: readScalar(value), metrics, gradients };
  value.dispose();
  return { loss: readScalar(ownLoss), metrics, gradients };
}

/** Every value of both, by name: the sum where both have it. */
function merged<T>(first: Readonly<Record<string, T>>, second: Readonly<Record<string, T>>, sum: (a: T, b: T) => T): Record<string, T> {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  return Object.fromEntries(
    names.map((name) => {
      const [a, b] = [first[name], second[name]];
      return [name, a === undefined ? b! : b === undefined ? a : sum(a, b)];
    }),
  );
}

function scaled(tensor: Tensor, factor: number): Tensor {
  const product = mul(tensor, factor);
  tensor.dispose();
  return product;
}

function added(first: Tensor, second: Tensor): Tensor {
  const sum = add(first, second);
  dispose([first, second]);
  return sum;
}

/**
 * Collects gradients of a method.
 *
 * @param batches of one optimizer step
 * @param group the processes whose gradients are averaged, of a batch of equal size each
 */
export function createGradientMean(method: Method, batches = 1, group?: ProcessGroup): GradientMean {
  const sumsOfAll = group === undefined ? undefined : gradientSums(group);
  const factor = group === undefined ? 1 : 1 / group.size;
  const nothing: BatchMeans = { loss: 0, metrics: {}, gradients: {} };
  let sums = nothing;
  let count = 0;
  let problem: BatchProblem | undefined;
  return {
    get count() {
      return count;
    },

    add(batch, context) {
      // With several batches only their sum is ready, when the last one is.
      const { loss, metrics, gradients } = gradientsOf(method, batch, context, factor, batches === 1 ? sumsOfAll?.add : undefined);
      sums = {
        loss: sums.loss + loss,
        metrics: merged(sums.metrics, metrics, (a, b) => a + b),
        gradients: merged(sums.gradients, gradients, added),
      };
      count++;
      let stage = 0;
      try {
        assertFinite("loss", loss, context, () => {
          const lost = firstNonFinite(method, batch);
          stage = lost.stage;
          return lost.name;
        });
      } catch (error) {
        if (group === undefined) throw error;
        problem ??= { error: error as Error, stage };
      }
    },

    take() {
      const { loss, metrics, gradients } = sums;
      const share = 1 / count;
      const each = <From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
        Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
      const own = count === 1 ? gradients : each(gradients, (gradient) => scaled(gradient, share));
      const first = problem;
      sums = nothing;
      count = 0;
      problem = undefined;
      return { loss: loss * share, metrics: each(metrics, (value) => value * share), gradients: sumsOfAll?.finish(own) ?? own, problem: first };
    },

    dispose() {
      dispose(Object.values(sums.gradients));
      sums = nothing;
      count = 0;
    },
  };
}
