import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { type Call, replace } from "../kernel.js";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number | backend_util.ExplicitPadding;
  readonly dataFormat: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}
interface Inputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}
type Shape4D = [number, number, number, number];

const activations = binding.activationNames();

/** The sizes that the addon takes and the shape of the result; none where the addon does not serve: channels first, shapes that do not fit. */
function windowOf(xShape: readonly number[], filterShape: readonly number[], attrs: Attributes): { numbers: Int32Array; outShape: Shape4D } | undefined {
  if (attrs.dataFormat !== "NHWC" || xShape.length !== 4 || filterShape.length !== 4 || xShape[3] !== filterShape[2]) return undefined;
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(xShape as Shape4D, filterShape as Shape4D, strides, dilations, pad, dimRoundingMode, false, "channelsLast");
  const numbers = [
    ...xShape,
    ...[info.filterHeight, info.filterWidth, info.outChannels, info.outHeight, info.outWidth],
    ...[info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  ];
  return numbers.every((number) => Number.isInteger(number) && number >= 0) ? { numbers: Int32Array.from(numbers), outShape: info.outShape } : undefined;
}

function convolve({ inputs, attrs, backend }: Call<Inputs, Attributes & { activation?: string }>): TensorInfo | undefined {
  const { x, filter, bias, preluActivationWeights } = inputs;
  const code = activations.indexOf(attrs.activation ?? "linear");
  if (x.dtype !== "float32" || filter.dtype !== "float32" || code === -1 || preluActivationWeights !== undefined) return undefined;
  const outputs = filter.shape[3];
  if (bias !== undefined && (bias.dtype !== "float32" || bias.shape.length > 4 || bias.shape.at(-1) !== outputs || util.sizeFromShape(bias.shape) !== outputs)) return undefined;
  const window = windowOf(x.shape, filter.shape, attrs);
  if (window === undefined) return undefined;
  const { tensor, values } = backend.fresh(window.outShape, "float32");
  const offsets = bias === undefined ? undefined : backend.valuesOf(bias, "float32");
  binding.convolve(window.numbers, backend.valuesOf(x, "float32"), backend.valuesOf(filter, "float32"), offsets, code, values);
  return tensor;
}

export function registerConvolution(): void {
  replace("Conv2D", convolve);
  replace("FusedConv2D", convolve);

  replace<{ dy: TensorInfo; filter: TensorInfo }, Attributes & { inputShape: number[] }>("Conv2DBackpropInput", ({ inputs: { dy, filter }, attrs, backend }) => {
    const window = windowOf(attrs.inputShape, filter.shape, attrs);
    if (dy.dtype !== "float32" || filter.dtype !== "float32" || window === undefined || !util.arraysEqual(dy.shape, window.outShape)) return undefined;
    const { tensor, values } = backend.fresh(attrs.inputShape, "float32");
    binding.convolveInputGradient(window.numbers, backend.valuesOf(dy, "float32"), backend.valuesOf(filter, "float32"), values);
    return tensor;
  });

  replace<{ x: TensorInfo; dy: TensorInfo }, Attributes & { filterShape: number[] }>("Conv2DBackpropFilter", ({ inputs: { x, dy }, attrs, backend }) => {
    const window = windowOf(x.shape, attrs.filterShape, attrs);
    if (x.dtype !== "float32" || dy.dtype !== "float32" || window === undefined || !util.arraysEqual(dy.shape, window.outShape)) return undefined;
    const { tensor, values } = backend.fresh(attrs.filterShape, "float32");
    binding.convolveFilterGradient(window.numbers, backend.valuesOf(x, "float32"), backend.valuesOf(dy, "float32"), values);
    return tensor;
  });
}
