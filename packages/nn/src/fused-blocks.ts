import { backendKernel, type BackendKernel, type Float, type ParameterMap, withGradient } from "@ssl-vit/core";
import { engine, mul, reshape, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { scaleSamples } from "./drop-path.js";

/** What multiplies a residual branch on its way to the sum. */
export interface BranchScale {
  /** LayerScale's factors, [D]. */
  readonly gamma?: Tensor | undefined;
  /** Drop path's, one for each sample, [B]. */
  readonly factors?: Tensor1D | undefined;
}

/** Parameters as a branch's layers name them: normalisation, first linear layer, last linear layer. */
interface BranchParameters {
  readonly norm: ParameterMap;
  readonly first: ParameterMap;
  readonly last: ParameterMap;
}

/** The names that a pair of kernels has for the first and the last layer's weight and bias. */
type LayerNames = readonly [firstWeight: string, firstBias: string, lastWeight: string, lastBias: string];

/**
 * x + branch(norm(x)) in one kernel, and its gradient in another. LayerScale is drawn into the last layer, whose rows it multiplies.
 */
function residualBranch(
  kernels: readonly [BackendKernel, BackendKernel],
  x: Float<"B N D">,
  { norm, first, last }: BranchParameters,
  { gamma, factors }: BranchScale,
  names: LayerNames,
  keptNames: readonly string[],
  attributes: object,
): Float<"B N D"> {
  const [kernel, gradient] = kernels;
  const lastWeight = gamma === undefined ? last["weight"]! : mul(last["weight"]!, reshape(gamma, [-1, 1]));
  const lastBias = gamma === undefined ? last["bias"]! : mul(last["bias"]!, gamma);
  const firstBias = first["bias"];
  const order = ["x", "scale", "offset", names[0], ...(firstBias === undefined ? [] : [names[1]]), names[2], names[3]];
  const inputs: Tensor[] = [x, norm["weight"]!, norm["bias"]!, first["weight"]!, ...(firstBias === undefined ? [] : [firstBias]), lastWeight, lastBias];
  const named = (tensors: readonly Tensor[], keys: readonly string[]): Record<string, Tensor> =>
    Object.fromEntries(keys.map((key, index) => [key, tensors[index]!]));
  const keep = engine().isTapeOn();
  return withGradient(
    inputs,
    (save) => {
      const [y, ...kept] = kernel({ ...named(inputs, order), ...(factors === undefined ? {} : { factors }) }, { ...attributes, keep });
      save([...inputs, ...kept, ...(factors === undefined ? [] : [factors])]);
      return y as Float<"B N D">;
    },
    (dy, saved) => {
      const savedFactors = factors === undefined ? undefined : saved.at(-1);
      const dBranch = savedFactors === undefined ? {} : { dBranch: scaleSamples(dy, savedFactors) };
      const gradients = gradient({ ...named(saved, [...order, ...keptNames]), dy, ...dBranch }, attributes);
      // The kernels always give the first bias's gradient.
      return firstBias === undefined ? gradients.filter((_, index) => index !== 4) : gradients;
    },
  );
}

/** A block's attention half where the backend has it as one kernel: x + attention(norm(x)). The result is the caller's. */
export function fusedAttentionBlock(
  x: Float<"B N D">,
  { norm, qkv, projection }: Readonly<Record<"norm" | "qkv" | "projection", ParameterMap>>,
  options: { readonly numHeads: number; readonly epsilon: number },
  scale: BranchScale,
): Float<"B N D"> | undefined {
  const [kernel, gradient] = [backendKernel("AttentionBlock"), backendKernel("AttentionBlockGrad")];
  if (kernel === undefined || gradient === undefined) return undefined;
  const names: LayerNames = ["qkvWeight", "qkvBias", "weight", "bias"];
  const kept = ["mean", "inverseDeviation", "qkv", "attended", "logSums"];
  return residualBranch([kernel, gradient], x, { norm, first: qkv, last: projection }, scale, names, kept, options);
}

/** A block's perceptron half where the backend has it as one kernel: x + mlp(norm(x)). The result is the caller's. */
export function fusedMlpBlock(
  x: Float<"B N D">,
  { norm, fc1, fc2 }: Readonly<Record<"norm" | "fc1" | "fc2", ParameterMap>>,
  options: { readonly epsilon: number },
  scale: BranchScale,
): Float<"B N D"> | undefined {
  const [kernel, gradient] = [backendKernel("MlpBlock"), backendKernel("MlpBlockGrad")];
  if (kernel === undefined || gradient === undefined) return undefined;
  const names: LayerNames = ["weight1", "bias1", "weight2", "bias2"];
  return residualBranch([kernel, gradient], x, { norm, first: fc1, last: fc2 }, scale, names, ["mean", "inverseDeviation", "hidden"], options);
}
