import { div, greater, mul, ones, type Scalar, sqrt, type Tensor, type Tensor1D, unstack, where, zerosLike } from "@tensorflow/tfjs-core";
import { squaredNorms } from "./squared-norms.js";

export interface TrustRatioOptions {
  readonly coefficient: number;
  /** What to divide by, from the norms. Default: the updates' norms. */
  readonly denominatorOf?: (weightNorms: Tensor1D, updateNorms: Tensor1D) => Tensor1D;
}

/**
 * What LARS and LAMB multiply each update by: coefficient · ‖weights‖ / ‖update‖. It is 1 for weights that are all zero, which
 * could not grow otherwise, and 0 for an update of zero. Nothing is read back from the device.
 *
 * @param weights at least one
 * @param updates one for each
 */
export function trustRatios(weights: readonly Tensor[], updates: readonly Tensor[], { coefficient, denominatorOf }: TrustRatioOptions): Scalar[] {
  const weightNorms: Tensor1D = sqrt(squaredNorms(weights));
  const updateNorms: Tensor1D = sqrt(squaredNorms(updates));
  const ratios = mul(div(weightNorms, denominatorOf?.(weightNorms, updateNorms) ?? updateNorms), coefficient);
  const moving = where(greater(updateNorms, 0), ratios, zerosLike(ratios));
  return unstack(where(greater(weightNorms, 0), moving, ones(ratios.shape))) as Scalar[];
}
