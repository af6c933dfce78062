import { add, div, gather, minimum, type Scalar, sqrt, stack, sum, type Tensor, tensor1d, unstack } from "@tensorflow/tfjs-core";
import { squaredNorms } from "./squared-norms.js";

/** Added to a norm before dividing by it; torch.nn.utils.clip_grad_norm_ and DINO's clip_gradients have the same. */
const EPSILON = 1e-6;

export interface ClipFactors {
  /** What to multiply each gradient by, at most 1; undefined = it stays. */
  readonly factors: readonly (Scalar | undefined)[];
  /** L2 norm of all gradients together, before clipping. */
  readonly norm: Scalar;
}

/**
 * How much to shorten gradients to a largest norm, those of a set by the same factor: one set of all is PyTorch's clip_grad_norm_,
 * a set for each is clip_gradients of facebookresearch/dino (utils.py). Nothing is read back from the device.
 *
 * @param gradients at least one
 * @param sets for each gradient the name of its set; undefined = it is not clipped
 * @param clipNorm largest norm of a set; 0 = no clipping
 */
export function clipFactors(gradients: readonly Tensor[], sets: readonly (string | undefined)[], clipNorm: number): ClipFactors {
  const squares = squaredNorms(gradients);
  const norm: Scalar = sqrt(sum(squares));
  const members = new Map<string, number[]>();
  for (const [index, set] of sets.entries()) {
    if (set === undefined) continue;
    if (!members.has(set)) members.set(set, []);
    members.get(set)!.push(index);
  }
  if (clipNorm === 0 || members.size === 0) return { factors: gradients.map(() => undefined), norm };

  const indices = [...members.values()];
  const pick = (chosen: number[]): Tensor => gather(squares, tensor1d(chosen, "int32"));
  const squaresOfSets = indices.every(({ length }) => length === 1) ? pick(indices.flat()) : stack(indices.map((chosen) => sum(pick(chosen))));
  const factorsOfSets = unstack(minimum(div(clipNorm, add(sqrt(squaresOfSets), EPSILON)), 1)) as Scalar[];
  const factorOf = new Map([...members.keys()].map((set, index) => [set, factorsOfSets[index]]));
  return { factors: sets.map((set) => (set === undefined ? undefined : factorOf.get(set))), norm };
}
