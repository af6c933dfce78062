import { type Initializer, truncatedNormal, uniform, xavierUniform } from "@ssl-vit/nn";

/** How the weights of an encoder start. Biases of linear layers are 0, norms the identity, learned positions normal with deviation 0.02. */
interface Initialization {
  /** Of every linear layer's weight. */
  readonly linear: Initializer;
  /** Of the patch embedding's kernel, [D, C, P, P]. */
  readonly patchKernel: Initializer;
  /** Deviation of [CLS] and registers. */
  readonly tokenDeviation: number;
}

/** PyTorch's own start of a convolution's kernel and bias, where neither code sets another: uniform within 1 ÷ √(inputs of one output). */
export const convolutionBound = (patchSize: number, channels: number): number => 1 / Math.sqrt(channels * patchSize ** 2);

/** By name: timm's `init_weights_vit_timm`, which leaves the convolution alone, and MAE's `initialize_weights`. */
export const initializations = {
  timm: {
    linear: (random, shape) => truncatedNormal(random, shape, 0.02),
    patchKernel: (random, shape) => uniform(random, shape, convolutionBound(shape[2]!, shape[1]!)),
    tokenDeviation: 1e-6,
  },
  mae: { linear: xavierUniform, patchKernel: xavierUniform, tokenDeviation: 0.02 },
} satisfies Record<string, Initialization>;

/** A name in `initializations`. */
export type InitializationName = keyof typeof initializations;
