import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape, checkType } from "../check.js";
import { type Call, define } from "../kernel.js";

interface AdamWAttributes {
  readonly learningRates: readonly number[];
  readonly weightDecays: readonly number[];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** The step's number, from 1. */
  readonly step: number;
}

export function registerOptimizer(): void {
  define("AdamW", ({ inputs, attrs, backend }: Call<TensorInfo[], AdamWAttributes>) => {
    const { learningRates, weightDecays, beta1, beta2, epsilon, step } = attrs;
    const count = learningRates.length;
    checkAttribute("AdamW", "inputs", inputs.length === 4 * count, `${4 * count} tensors: parameters, gradients, first and second moments`, inputs.length);
    checkAttribute("AdamW", "weightDecays", weightDecays.length === count, `${count} numbers`, weightDecays.length);
    checkAttribute("AdamW", "step", Number.isInteger(step) && step > 0, "a whole number from 1", step);
    const [firstCorrection, secondCorrection] = [1 - beta1 ** step, 1 - beta2 ** step];
    const groups = learningRates.map((_, index) => [0, 1, 2, 3].map((part) => inputs[part * count + index]!));
    for (const [parameter, ...others] of groups) {
      checkType("AdamW", "parameter", parameter, "float32");
      for (const other of others) checkShape("AdamW", "gradient and moments", other, parameter.shape);
    }
    const results = groups.map((group, index) => {
      const [parameter, gradient, first, second] = group.map((tensor) => backend.valuesOf(tensor, "float32"));
      const fresh = [0, 1, 2].map(() => backend.fresh(group[0]!.shape, "float32", true));
      const [newParameter, newFirst, newSecond] = fresh.map(({ values }) => values);
      binding.adamw(
        ...([parameter!, gradient!, first!, second!] as const),
        ...([learningRates[index]!, beta1, beta2, epsilon, weightDecays[index]!, firstCorrection, secondCorrection] as const),
        ...([newParameter!, newFirst!, newSecond!] as const),
      );
      return fresh.map(({ tensor }) => tensor);
    });
    return [0, 1, 2].flatMap((part) => results.map((result) => result[part]!));
  });

  define("ExponentialMovingAverage", ({ inputs, attrs: { momentum }, backend }: Call<TensorInfo[], { momentum: number }>) => {
    const count = inputs.length / 2;
    checkAttribute("ExponentialMovingAverage", "inputs", Number.isInteger(count), "as many averages as values", `${inputs.length} tensors`);
    return inputs.slice(0, count).map((average, index) => {
      const value = inputs[count + index]!;
      checkType("ExponentialMovingAverage", "average", average, "float32");
      checkShape("ExponentialMovingAverage", "value", value, average.shape);
      const { tensor, values } = backend.fresh(average.shape, "float32", true);
      binding.movingAverage(momentum, backend.valuesOf(average, "float32"), backend.valuesOf(value, "float32"), values);
      return tensor;
    });
  });

  define("SquaredNorms", ({ inputs, backend }: Call<TensorInfo[], unknown>) => {
    const { tensor, values } = backend.fresh([inputs.length], "float32");
    for (const [index, input] of inputs.entries()) {
      checkType("SquaredNorms", "input", input, "float32");
      values[index] = binding.sumOfSquares(backend.valuesOf(input, "float32"));
    }
    return tensor;
  });
}
