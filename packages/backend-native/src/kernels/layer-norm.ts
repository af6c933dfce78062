import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape } from "../check.js";
import { define } from "../kernel.js";

/** Checks x [..., width] and scale [width]; returns the number of rows. */
function rowsOf(kernel: string, x: TensorInfo, scale: TensorInfo): number {
  checkShape(kernel, "scale", scale, [-1]);
  const leading = x.shape.slice(0, -1);
  checkShape(kernel, "x", x, [...leading, scale.shape[0]!]);
  checkAttribute(kernel, "x", scale.shape[0] !== 0, "at least one channel", "none");
  return leading.reduce((product, size) => product * size, 1);
}

export function registerLayerNorm(): void {
  define<{ x: TensorInfo; scale: TensorInfo; offset: TensorInfo }, { epsilon: number }>("LayerNorm", ({ inputs, attrs: { epsilon }, backend }) => {
    const { x, scale, offset } = inputs;
    const rows = rowsOf("LayerNorm", x, scale);
    checkShape("LayerNorm", "offset", offset, scale.shape);
    checkAttribute("LayerNorm", "epsilon", epsilon >= 0, "a number that is not negative", epsilon);
    const [y, mean, inverse] = [backend.fresh(x.shape, "float32"), backend.fresh([rows], "float32"), backend.fresh([rows], "float32")];
    const [values, scales, offsets] = [x, scale, offset].map((tensor) => backend.valuesOf(tensor, "float32"));
    binding.layerNorm(values!, scales!, offsets!, epsilon, y.values, mean.values, inverse.values);
    return [y.tensor, mean.tensor, inverse.tensor];
  });

  define<{ x: TensorInfo; scale: TensorInfo; mean: TensorInfo; inverseDeviation: TensorInfo; dy: TensorInfo }, unknown>(
    "LayerNormGrad",
    ({ inputs: { x, scale, mean, inverseDeviation, dy }, backend }) => {
      const rows = rowsOf("LayerNormGrad", x, scale);
      checkShape("LayerNormGrad", "mean", mean, [rows]);
      checkShape("LayerNormGrad", "inverseDeviation", inverseDeviation, [rows]);
      checkShape("LayerNormGrad", "dy", dy, x.shape);
      const [dx, dScale, dOffset] = [x, scale, scale].map((tensor) => backend.fresh(tensor.shape, "float32"));
      const [values, scales, means, inverses, gradient] = [x, scale, mean, inverseDeviation, dy].map((tensor) => backend.valuesOf(tensor, "float32"));
      binding.layerNormGradient(values!, scales!, means!, inverses!, gradient!, dx!.values, dScale!.values, dOffset!.values);
      return [dx!.tensor, dScale!.tensor, dOffset!.tensor];
    },
  );
}
