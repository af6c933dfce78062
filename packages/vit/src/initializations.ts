import type { Random } from "@ssl-vit/core";
import { filled, type Initializer, truncatedNormal, uniform, xavierUniform } from "@ssl-vit/nn";
import type { Variable } from "@tensorflow/tfjs-core";

/** How the weights of an encoder start. Biases of linear layers are 0, norms the identity, learned positions normal with deviation 0.02. */
interface Initialization {
  /** Of every linear layer's weight… */
  readonly linear: Initializer;
  /** …but the one of queries, keys and values, [3·D, D], where it differs. */
  readonly qkv?: Initializer;
  /** Of the patch embedding's kernel, [D, C, P, P]. */
  readonly patchKernel: Initializer;
  /** Of the patch embedding's bias, [D], for a kernel [D, C, P, P]. */
  readonly patchBias: (random: Random, kernelShape: KernelShape) => Variable;
  /** Deviation of [CLS] and registers. */
  readonly tokenDeviation: number;
}

/** [D, C, P, P] */
type KernelShape = readonly [number, number, number, number];

/** PyTorch's own start of a convolution's kernel and bias: uniform within 1 ÷ √(inputs of one output). */
const convolutionBound = ([, channels, height, width]: KernelShape): number => 1 / Math.sqrt(channels * height * width);
const convolutionBias = (random: Random, kernelShape: KernelShape): Variable => uniform(random, [kernelShape[0]], convolutionBound(kernelShape));

/**
 * By name: timm's `init_weights_vit_timm`, which leaves the convolution alone; MAE's `initialize_weights`, which leaves its bias alone; and
 * MoCo v3's (`vits.py`), where queries, keys and values count as three matrices [D, D], not as one. `zeros` is for weights that are loaded right
 * afterwards: the random numbers of a ViT-B take seconds.
 */
export const initializations: Readonly<Record<"timm" | "mae" | "moco" | "zeros", Initialization>> = {
  timm: {
    linear: (random, shape) => truncatedNormal(random, shape, 0.02),
    patchKernel: (random, shape) => uniform(random, shape, convolutionBound(shape as KernelShape)),
    patchBias: convolutionBias,
    tokenDeviation: 1e-6,
  },
  mae: { linear: xavierUniform, patchKernel: xavierUniform, patchBias: convolutionBias, tokenDeviation: 0.02 },
  moco: {
    linear: xavierUniform,
    qkv: (random, shape) => uniform(random, shape, Math.sqrt(6 / (shape[0]! / 3 + shape[1]!))),
    patchKernel: xavierUniform,
    patchBias: (_, [embedDim]) => filled([embedDim], 0),
    tokenDeviation: 1e-6,
  },
  zeros: {
    linear: (_, shape) => filled(shape, 0),
    patchKernel: (_, shape) => filled(shape, 0),
    patchBias: (_, [embedDim]) => filled([embedDim], 0),
    tokenDeviation: 0,
  },
};

/** A name in `initializations`. */
export type InitializationName = keyof typeof initializations;
