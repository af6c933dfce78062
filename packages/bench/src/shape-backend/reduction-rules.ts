import { backend_util, type DataType, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { floatBytes, forAll, like, type Made, rule, type ShapeRules } from "./shape-rule.js";

interface Inputs {
  readonly x: TensorInfo;
}
interface Attributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const axesOf = ({ axis, reductionIndices }: Attributes, shape: readonly number[]): number[] =>
  util.parseAxisParam(axis ?? reductionIndices ?? shape.map((_, index) => index), [...shape]).sort((a, b) => a - b);

const reduction = (dtypeOf: (dtype: DataType) => DataType) =>
  rule<Inputs, Attributes>(({ inputs: { x }, attrs }) => {
    const axes = axesOf(attrs, x.shape);
    const [shape] = backend_util.computeOutAndReduceShapes(x.shape, axes);
    // Axes that are not neighbours are brought together first, in a copy.
    const areNeighbours = axes.length === 0 || axes.at(-1)! - axes[0]! + 1 === axes.length;
    return {
      outputs: { shape: attrs.keepDims === true ? backend_util.expandShapeToKeepDim(shape, axes) : shape, dtype: dtypeOf(x.dtype) },
      ...(areNeighbours ? {} : { scratchBytes: floatBytes(x.shape) }),
    };
  });

/** Fewer values than there were. */
export const reductionRules: ShapeRules = {
  Sum: reduction((dtype) => (dtype === "bool" ? "int32" : dtype)),
  Mean: reduction(() => "float32"),
  ...forAll(["Max", "Min", "Prod"], reduction((dtype) => dtype)),
  ...forAll(["All", "Any"], reduction(() => "bool")),
  ...forAll(
    ["ArgMax", "ArgMin"],
    rule<Inputs, { axis: number }>(({ inputs: { x }, attrs }) => ({ outputs: { shape: x.shape.toSpliced(util.parseAxisParam(attrs.axis, x.shape)[0]!, 1), dtype: "int32" } })),
  ),
  TopK: rule<Inputs, { k: number }>(({ inputs: { x }, attrs: { k } }) => {
    const best: Made = { ...like(x), shape: x.shape.with(-1, k) };
    return { outputs: [best, { ...best, dtype: "int32" }] };
  }),
};
