import { backendKernel } from "@ssl-vit/core";
import { add, div, minimum, type Scalar, sqrt, square, stack, sum, type Tensor, type Tensor1D, tidy, unstack } from "@tensorflow/tfjs-core";

/** Added to a norm before dividing by it; torch.nn.utils.clip_grad_norm_ and DINO's clip_gradients have the same. */
const EPSILON = 1e-6;

export interface ClipFactors {
  /** What to multiply each gradient by, at most 1. */
  readonly factors: readonly Scalar[] | undefined;
  /** L2 norm of all gradients together, before clipping. */
  readonly norm: Scalar;
}

/**
 * How much to shorten gradients to a largest norm: all by the same factor (`"global"`, PyTorch's clip_grad_norm_) or each
 * tensor by its own (`"per-tensor"`, facebookresearch/dino, utils.py, clip_gradients). Nothing is read back from the device.
 *
 * @param gradients at least one
 * @param clipNorm largest norm; 0 = no clipping, no factors
 */
export function clipFactors(gradients: readonly Tensor[], clipNorm: number, clipMode: "global" | "per-tensor"): ClipFactors {
  const kernel = backendKernel("SquaredNorms");
  const squaredNorms = (kernel?.(gradients)[0] ?? stack(gradients.map((gradient) => tidy<Scalar>(() => sum(square(gradient)))))) as Tensor1D;
  const norm: Scalar = sqrt(sum(squaredNorms));
  if (clipNorm === 0) return { factors: undefined, norm };
  const factorOf = <T extends Tensor>(norms: T): T => minimum(div(clipNorm, add(norms, EPSILON)), 1);
  if (clipMode === "per-tensor") return { factors: unstack(factorOf(sqrt(squaredNorms))) as Scalar[], norm };
  const factor = factorOf(norm);
  return { factors: gradients.map(() => factor), norm };
}
