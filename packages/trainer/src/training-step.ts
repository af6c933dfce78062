import { ConfigError, type Method, problemMessage, type StepContext, type ViewBatch } from "@ssl-vit/core";
import type { Optimizer } from "@ssl-vit/optim";
import { keep, type Scalar, type Tensor, variableGrads } from "@tensorflow/tfjs-core";

/** The numbers of one optimizer step. */
export interface StepNumbers {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly gradientNorm: number;
}

const readScalar = (scalar: Tensor): number => {
  const value = scalar.dataSync()[0]!;
  scalar.dispose();
  return value;
};

function assertFinite(what: string, value: number, { progress }: StepContext): void {
  if (Number.isFinite(value)) return;
  throw new Error(
    problemMessage({
      package: "trainer",
      what: `${what} at step ${progress.step + 1}`,
      expected: "a finite number",
      received: String(value),
      fix: "Training diverged; the last checkpoint is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up.",
    }),
  );
}

/** Loss, gradients, update, then the method's own moving averages. Leaves no tensor behind. */
export function trainingStep(method: Method, optimizer: Optimizer, batch: ViewBatch, context: StepContext): StepNumbers {
  const active = Object.entries(method.trainable).filter(([name]) => method.isFrozen?.(name, context) !== true);
  if (active.length === 0) {
    throw new ConfigError({ package: "trainer", what: "trainable", expected: "at least one parameter that is not frozen", received: "none" });
  }
  const metricTensors: Record<string, Tensor> = {};
  const { value, grads } = variableGrads(
    () => {
      const { loss, metrics } = method.loss(batch, context);
      for (const [name, metric] of Object.entries<Scalar>(metrics)) metricTensors[name] = keep(metric);
      return loss;
    },
    active.map(([, variable]) => variable),
  );
  const loss = readScalar(value);
  const metrics = Object.fromEntries(Object.entries(metricTensors).map(([name, metric]) => [name, readScalar(metric)]));
  const gradients: Record<string, Tensor> = {};
  for (const [name, variable] of active) {
    const gradient = grads[variable.name];
    if (gradient !== undefined) gradients[name] = gradient;
  }
  try {
    assertFinite("loss", loss, context);
    const { learningRate, gradientNorm: normTensor } = optimizer.apply(gradients, context.progress);
    const gradientNorm = readScalar(normTensor);
    // A loss can be finite and its gradient not; then the weights are spoilt, and must not reach a checkpoint.
    assertFinite("gradient norm", gradientNorm, context);
    method.afterStep?.(context);
    return { loss, metrics, learningRate, gradientNorm };
  } finally {
    for (const gradient of Object.values(gradients)) gradient.dispose();
  }
}
