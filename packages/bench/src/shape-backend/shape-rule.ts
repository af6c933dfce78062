import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";

/** A tensor that a kernel makes. */
export interface Made {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** What a kernel makes and does, told from its inputs' shapes alone. */
export interface Outcome {
  /** One tensor, or a list where the kernel gives a list. */
  readonly outputs: Made | readonly Made[];
  /**
   * Floating-point operations of matrix products and convolutions, 2·m·k·n each, as far as the result needs them: PyTorch's convention
   * (`torch.utils.flop_counter`), which counts nothing element by element. Default 0.
   */
  readonly flops?: number;
  /** Operations that are carried out besides: to compute once more what was not kept, or what nobody asked for. Default 0. */
  readonly extraFlops?: number;
  /** Memory for the length of the kernel. Default 0. */
  readonly scratchBytes?: number;
  /** Whether the outputs become values of variables, which get memory of their own. Default false. */
  readonly lasting?: boolean;
}

/** What a kernel is called with. */
export interface RuleCall<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  /** Whether a tensor depends on a parameter that is trained, so that a gradient flows through it. */
  readonly isTrained: (tensor: TensorInfo) => boolean;
}

export type ShapeRule = (call: RuleCall<unknown, unknown>) => Outcome;

/** Rules by the names of the kernels. */
export type ShapeRules = Readonly<Record<string, ShapeRule>>;

/** A rule whose inputs and attributes have the names and types that tfjs, or KERNELS.md of @ssl-vit/backend-native, gives them. */
export function rule<Inputs, Attributes = unknown>(outcome: (call: RuleCall<Inputs, Attributes>) => Outcome): ShapeRule {
  return outcome as unknown as ShapeRule;
}

/** The same rule for several kernels. */
export const forAll = (names: readonly string[], shared: ShapeRule): ShapeRules => Object.fromEntries(names.map((name) => [name, shared]));

export const float = (shape: readonly number[]): Made => ({ shape, dtype: "float32" });

/** A tensor of the same shape and dtype. */
export const like = ({ shape, dtype }: TensorInfo): Made => ({ shape, dtype });

export const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

/** Bytes of float32 values. */
export const floatBytes = (...shapes: readonly (readonly number[])[]): number => 4 * shapes.reduce((sum, shape) => sum + product(shape), 0);
