import { backend_util, broadcast_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { float, floatBytes, forAll, type Outcome, product, rule, type RuleCall, type ShapeRules } from "./shape-rule.js";

interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}
interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function matMul({ inputs: { a, b }, attrs: { transposeA, transposeB } }: RuleCall<Operands, Transposed>): Outcome {
  const [rows, depth] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const columns = b.shape.at(transposeB ? -2 : -1)!;
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { outputs: float([...batch, rows, columns]), flops: 2 * product(batch) * rows * depth * columns };
}

interface Window {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** The result's shape, and the operations of the convolution or of one of its two gradients: each output value meets the whole filter of its channel. */
function convolution(xShape: readonly number[], filterShape: readonly number[], { strides, pad, dataFormat, dilations = 1, dimRoundingMode }: Window): { readonly shape: number[]; readonly flops: number } {
  const format = backend_util.convertConv2DDataFormat(dataFormat);
  const shapes = [xShape, filterShape] as unknown as [[number, number, number, number], [number, number, number, number]];
  const { outShape } = backend_util.computeConv2DInfo(...shapes, strides, dilations, pad, dimRoundingMode, false, format);
  return { shape: outShape, flops: 2 * product(outShape) * product(filterShape.slice(0, 3)) };
}

function convolve({ inputs: { x, filter }, attrs }: RuleCall<{ x: TensorInfo; filter: TensorInfo }, Window>): Outcome {
  const { shape, flops } = convolution(x.shape, filter.shape, attrs);
  return { outputs: float(shape), flops };
}

/** `ij,jk->ik`: each label a size; as many products as there are combinations of all of them. */
function einsum({ inputs, attrs: { equation } }: RuleCall<readonly TensorInfo[], { equation: string }>): Outcome {
  const [terms, result] = equation.replaceAll(" ", "").split("->") as [string, string];
  const labels = terms.split(",");
  const sizes = new Map(labels.flatMap((term, index) => Array.from(term, (label, axis) => [label, inputs[index]!.shape[axis]!] as const)));
  const isProduct = labels.length > 1 && Array.from(sizes.keys()).some((label) => !result.includes(label));
  return { outputs: float(Array.from(result, (label) => sizes.get(label)!)), flops: isProduct ? 2 * product([...sizes.values()]) : 0 };
}

interface LinearAttributes {
  readonly activation?: string;
}

/** Matrix products, convolutions, linear layers. */
export const productRules: ShapeRules = {
  ...forAll(["BatchMatMul", "_FusedMatMul"], rule(matMul)),
  Einsum: rule(einsum),
  ...forAll(["Conv2D", "FusedConv2D"], rule(convolve)),
  Conv2DBackpropInput: rule<{ filter: TensorInfo }, Window & { inputShape: number[] }>(({ inputs: { filter }, attrs }) => ({
    outputs: float(attrs.inputShape),
    flops: convolution(attrs.inputShape, filter.shape, attrs).flops,
  })),
  Conv2DBackpropFilter: rule<{ x: TensorInfo }, Window & { filterShape: number[] }>(({ inputs: { x }, attrs }) => ({
    outputs: float(attrs.filterShape),
    flops: convolution(x.shape, attrs.filterShape, attrs).flops,
  })),

  FusedLinear: rule<{ x: TensorInfo; weight: TensorInfo }, LinearAttributes & { keepPreActivation?: boolean }>(({ inputs: { x, weight }, attrs: { activation = "linear", keepPreActivation } }) => {
    const y = float(x.shape.with(-1, weight.shape[0]!));
    return { outputs: keepPreActivation === true && activation !== "linear" ? [y, y] : [y], flops: 2 * product(x.shape) * weight.shape[0]! };
  }),
  FusedLinearGrad: rule<{ x: TensorInfo; weight: TensorInfo; dy: TensorInfo }, LinearAttributes & { inputGradient?: boolean; bias?: boolean }>(({ inputs: { x, weight, dy }, attrs, isTrained }) => {
    const { activation = "linear", bias = true, inputGradient = true } = attrs;
    const each = 2 * product(x.shape) * weight.shape[0]!;
    // The kernel also gives the gradient of pixels, which nobody asked for and PyTorch does not compute.
    const needed = [isTrained(weight), inputGradient && isTrained(x)].filter(Boolean).length;
    return {
      outputs: [float(weight.shape), ...(bias ? [float([weight.shape[0]!])] : []), ...(inputGradient ? [float(x.shape)] : [])],
      flops: needed * each,
      extraFlops: ((inputGradient ? 2 : 1) - needed) * each,
      ...(activation === "linear" ? {} : { scratchBytes: floatBytes(dy.shape) }),
    };
  }),
};
