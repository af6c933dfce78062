import { backend_util, type DataType, slice_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { float, like, rule, type ShapeRules } from "./shape-rule.js";

interface Inputs {
  readonly x: TensorInfo;
}

/** Values in other places, or picked out, or new. */
export const arrangementRules: ShapeRules = {
  Transpose: rule<Inputs, { perm: number[] }>(({ inputs: { x }, attrs: { perm } }) => ({ outputs: { ...like(x), shape: perm.map((axis) => x.shape[axis]!) } })),
  Slice: rule<Inputs, { begin: number | number[]; size: number | number[] }>(({ inputs: { x }, attrs }) => {
    const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    return { outputs: { ...like(x), shape: size } };
  }),
  Tile: rule<Inputs, { reps: number[] }>(({ inputs: { x }, attrs: { reps } }) => ({ outputs: { ...like(x), shape: x.shape.map((size, axis) => size * reps[axis]!) } })),
  PadV2: rule<Inputs, { paddings: [number, number][] }>(({ inputs: { x }, attrs: { paddings } }) => ({
    outputs: { ...like(x), shape: x.shape.map((size, axis) => paddings[axis]![0] + size + paddings[axis]![1]) },
  })),
  Cast: rule<Inputs, { dtype: DataType }>(({ inputs: { x }, attrs: { dtype } }) => ({ outputs: { shape: x.shape, dtype } })),
  Concat: rule<readonly TensorInfo[], { axis: number }>(({ inputs, attrs }) => {
    const axis = util.parseAxisParam(attrs.axis, inputs[0]!.shape)[0]!;
    const shapes = inputs.map(({ shape }) => shape);
    backend_util.assertParamsConsistent(shapes, axis);
    return { outputs: { ...like(inputs[0]!), shape: backend_util.computeOutShape(shapes, axis) } };
  }),
  Pack: rule<readonly TensorInfo[], { axis: number }>(({ inputs, attrs: { axis } }) => ({ outputs: { ...like(inputs[0]!), shape: inputs[0]!.shape.toSpliced(axis, 0, inputs.length) } })),
  Unpack: rule<{ value: TensorInfo }, { axis: number }>(({ inputs: { value }, attrs }) => {
    const axis = attrs.axis < 0 ? attrs.axis + value.shape.length : attrs.axis;
    return { outputs: Array.from({ length: value.shape[axis]! }, () => ({ ...like(value), shape: value.shape.toSpliced(axis, 1) })) };
  }),
  SplitV: rule<Inputs, { numOrSizeSplits: number | number[]; axis: number }>(({ inputs: { x }, attrs }) => {
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
    return { outputs: backend_util.prepareSplitSize(x, attrs.numOrSizeSplits, axis).map((size) => ({ ...like(x), shape: x.shape.with(axis, size) })) };
  }),
  GatherV2: rule<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>(({ inputs: { x, indices }, attrs }) => {
    const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
    return { outputs: { ...like(x), shape: [...x.shape.slice(0, axis), ...indices.shape.slice(attrs.batchDims), ...x.shape.slice(axis + 1)] } };
  }),
  UnsortedSegmentSum: rule<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(({ inputs: { x, segmentIds }, attrs: { numSegments } }) => ({
    outputs: float([numSegments, ...x.shape.slice(segmentIds.shape.length)]),
  })),
  GatherTokens: rule<{ x: TensorInfo; indices: TensorInfo }>(({ inputs: { x, indices } }) => ({ outputs: { ...like(x), shape: x.shape.with(1, indices.shape[1]!) } })),
  GatherTokensGrad: rule<{ dy: TensorInfo }, { tokens: number }>(({ inputs: { dy }, attrs: { tokens } }) => ({ outputs: { ...like(dy), shape: dy.shape.with(1, tokens) } })),
  Patchify: rule<{ images: TensorInfo }, { patchSize: number }>(({ inputs: { images }, attrs: { patchSize } }) => {
    const [batch, height, width, channels] = images.shape as [number, number, number, number];
    return { outputs: float([batch, (height / patchSize) * (width / patchSize), patchSize * patchSize * channels]) };
  }),
  PatchifyGrad: rule<unknown, { imageShape: number[] }>(({ attrs: { imageShape } }) => ({ outputs: float(imageShape) })),
  OneHot: rule<{ indices: TensorInfo }, { depth: number; dtype: DataType }>(({ inputs: { indices }, attrs: { depth, dtype } }) => ({ outputs: { shape: [...indices.shape, depth], dtype } })),
  Fill: rule<unknown, { shape: number[]; value: number; dtype?: DataType }>(({ attrs: { shape, value, dtype = util.inferDtype(value) } }) => ({ outputs: { shape, dtype } })),
  ResizeBilinear: rule<{ images: TensorInfo }, { size: [number, number] }>(({ inputs: { images }, attrs: { size } }) => ({
    outputs: float([images.shape[0]!, ...size, images.shape[3]!]),
  })),
  ResizeBilinearGrad: rule<{ images: TensorInfo }>(({ inputs: { images } }) => ({ outputs: float(images.shape) })),
};
