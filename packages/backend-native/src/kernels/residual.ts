import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkShape } from "../check.js";
import { define } from "../kernel.js";

interface Branch {
  readonly branch: TensorInfo;
  readonly scale?: TensorInfo;
  readonly factor?: TensorInfo;
}

/** Checks branch [B, N, D], scale [D] and factor [B]; returns N and D. */
function sizesOf(kernel: string, { branch, scale, factor }: Branch): { tokens: number; width: number } {
  checkShape(kernel, "branch", branch, [-1, -1, -1]);
  const [batch, tokens, width] = branch.shape as [number, number, number];
  if (scale !== undefined) checkShape(kernel, "scale", scale, [width]);
  if (factor !== undefined) checkShape(kernel, "factor", factor, [batch]);
  return { tokens, width };
}

export function registerResidual(): void {
  define<Branch & { x: TensorInfo }, unknown>("ScaleAddResidual", ({ inputs, backend }) => {
    const { x, branch, scale, factor } = inputs;
    const { tokens, width } = sizesOf("ScaleAddResidual", inputs);
    checkShape("ScaleAddResidual", "x", x, branch.shape);
    const { tensor, values } = backend.fresh(x.shape, "float32");
    const optional = (input: TensorInfo | undefined): Float32Array | undefined => (input === undefined ? undefined : backend.valuesOf(input, "float32"));
    binding.scaleAdd(backend.valuesOf(x, "float32"), backend.valuesOf(branch, "float32"), optional(scale), optional(factor), tokens, width, values);
    return tensor;
  });

  define<Branch & { dy: TensorInfo }, unknown>("ScaleAddResidualGrad", ({ inputs, backend }) => {
    const { branch, scale, factor, dy } = inputs;
    const { tokens, width } = sizesOf("ScaleAddResidualGrad", inputs);
    checkShape("ScaleAddResidualGrad", "dy", dy, branch.shape);
    const dBranch = backend.fresh(branch.shape, "float32");
    const dScale = scale === undefined ? undefined : backend.fresh(scale.shape, "float32");
    const optional = (input: TensorInfo | undefined): Float32Array | undefined => (input === undefined ? undefined : backend.valuesOf(input, "float32"));
    const [values, gradient] = [backend.valuesOf(branch, "float32"), backend.valuesOf(dy, "float32")];
    binding.scaleAddGradient(values, optional(scale), optional(factor), gradient, tokens, width, dBranch.values, dScale?.values);
    return dScale === undefined ? [dBranch.tensor] : [dBranch.tensor, dScale.tensor];
  });
}
