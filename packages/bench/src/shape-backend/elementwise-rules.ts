import { broadcast_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { forAll, like, rule, type ShapeRules } from "./shape-rule.js";

interface Unary {
  readonly x: TensorInfo;
}
interface Binary {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

const unary = [
  ...["Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Ceil", "ClipByValue", "Cos", "Cosh", "Elu", "Erf", "Exp", "Expm1", "Floor"],
  ...["LeakyRelu", "Log", "Log1p", "Neg", "Reciprocal", "Relu", "Relu6", "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus"],
  ...["Sqrt", "Square", "Step", "Tan", "Tanh", "Gelu", "ZerosLike", "OnesLike", "Cumsum", "Cumprod", "Reverse"],
];
const unaryTruths = ["IsFinite", "IsInf", "IsNan", "LogicalNot"];
const binary = ["Add", "Sub", "Multiply", "RealDiv", "FloorDiv", "Maximum", "Minimum", "Mod", "Pow", "SquaredDifference", "Atan2"];
const binaryTruths = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr"];

const broadcast = ({ a, b }: Binary): number[] => broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);

/** Value by value. */
export const elementwiseRules: ShapeRules = {
  ...forAll(unary, rule<Unary>(({ inputs: { x } }) => ({ outputs: like(x) }))),
  ...forAll(unaryTruths, rule<Unary>(({ inputs: { x } }) => ({ outputs: { shape: x.shape, dtype: "bool" } }))),
  ...forAll(binary, rule<Binary>(({ inputs }) => ({ outputs: { shape: broadcast(inputs), dtype: inputs.a.dtype } }))),
  ...forAll(binaryTruths, rule<Binary>(({ inputs }) => ({ outputs: { shape: broadcast(inputs), dtype: "bool" } }))),
  AddN: rule<readonly TensorInfo[]>(({ inputs }) => ({ outputs: like(inputs[0]!) })),
  GeluGrad: rule<Unary>(({ inputs: { x } }) => ({ outputs: like(x) })),
  Softmax: rule<{ logits: TensorInfo }>(({ inputs: { logits } }) => ({ outputs: like(logits) })),
  LogSoftmax: rule<{ logits: TensorInfo }>(({ inputs: { logits } }) => ({ outputs: like(logits) })),
  Select: rule<{ t: TensorInfo }>(({ inputs: { t } }) => ({ outputs: like(t) })),
};
