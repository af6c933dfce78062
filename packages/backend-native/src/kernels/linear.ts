import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape } from "../check.js";
import { define } from "../kernel.js";

const activations = binding.activationNames();

interface Attributes {
  readonly activation?: string;
}

/** The number of an activation. */
function codeOf(kernel: string, { activation: name = "linear" }: Attributes): number {
  const code = activations.indexOf(name);
  checkAttribute(kernel, "activation", code !== -1, activations.join(", "), name);
  return code;
}

/** Checks x [..., inputs] and weight [outputs, inputs]; returns both sizes and the shape of the result. */
function sizesOf(kernel: string, x: TensorInfo, weight: TensorInfo): { inputs: number; outputs: number; shape: number[] } {
  checkShape(kernel, "weight", weight, [-1, -1]);
  const [outputs, inputs] = weight.shape as [number, number];
  const leading = x.shape.slice(0, -1);
  checkShape(kernel, "x", x, [...leading, inputs]);
  return { inputs, outputs, shape: [...leading, outputs] };
}

export function registerLinear(): void {
  define<{ x: TensorInfo; weight: TensorInfo; bias?: TensorInfo }, Attributes & { keepPreActivation?: boolean }>(
    "FusedLinear",
    ({ inputs: { x, weight, bias }, attrs, backend }) => {
      const { inputs, outputs, shape } = sizesOf("FusedLinear", x, weight);
      if (bias !== undefined) checkShape("FusedLinear", "bias", bias, [outputs]);
      const code = codeOf("FusedLinear", attrs);
      const y = backend.fresh(shape, "float32");
      const before = attrs.keepPreActivation === true && code !== 0 ? backend.fresh(shape, "float32") : undefined;
      const biasValues = bias === undefined ? undefined : backend.valuesOf(bias, "float32");
      const [xValues, weightValues] = [backend.valuesOf(x, "float32"), backend.valuesOf(weight, "float32")];
      binding.linear(xValues, weightValues, biasValues, inputs, outputs, code, y.values, before?.values);
      return before === undefined ? [y.tensor] : [y.tensor, before.tensor];
    },
  );

  define<{ x: TensorInfo; weight: TensorInfo; dy: TensorInfo; preActivation?: TensorInfo }, Attributes & { inputGradient?: boolean; bias?: boolean }>(
    "FusedLinearGrad",
    ({ inputs: { x, weight, dy, preActivation }, attrs, backend }) => {
      const { inputs, outputs, shape } = sizesOf("FusedLinearGrad", x, weight);
      const code = codeOf("FusedLinearGrad", attrs);
      checkShape("FusedLinearGrad", "dy", dy, shape);
      if (code !== 0) checkShape("FusedLinearGrad", "preActivation", preActivation, shape);
      const dWeight = backend.fresh(weight.shape, "float32");
      const dBias = attrs.bias === false ? undefined : backend.fresh([outputs], "float32");
      const dx = attrs.inputGradient === false ? undefined : backend.fresh(x.shape, "float32");
      const [xValues, weightValues, dyValues] = [x, weight, dy].map((tensor) => backend.valuesOf(tensor, "float32"));
      const compute = (before?: Float32Array, work?: Float32Array): void => {
        binding.linearGradient(xValues!, weightValues!, dyValues!, before, inputs, outputs, code, work, dx?.values, dWeight.values, dBias?.values);
      };
      if (code === 0 || preActivation === undefined) compute();
      else {
        backend.withScratch(dyValues!.length, (work) => {
          compute(backend.valuesOf(preActivation, "float32"), work);
        });
      }
      return [dWeight, dBias, dx].flatMap((fresh) => (fresh === undefined ? [] : [fresh.tensor]));
    },
  );
}
