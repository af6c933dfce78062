import type { TensorInfo } from "@tensorflow/tfjs-core";
import { float, floatBytes, like, type Outcome, product, rule, type RuleCall, type ShapeRules } from "./shape-rule.js";

interface Norm {
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly offset: TensorInfo;
}
interface AttentionBlock extends Norm {
  readonly qkvWeight: TensorInfo;
  readonly weight: TensorInfo;
  readonly bias: TensorInfo;
}
interface MlpBlock extends Norm {
  readonly weight1: TensorInfo;
  readonly bias1: TensorInfo;
  readonly weight2: TensorInfo;
  readonly bias2: TensorInfo;
}
interface Keep {
  readonly keep?: boolean;
}
interface Heads {
  readonly numHeads: number;
}

const rowsOf = ({ shape }: TensorInfo): number => product(shape.slice(0, -1));

/** One product of [N, D/H] and [D/H, N] for each sample and head; tokens [B, N, D]. Attention is two of them, its gradient four. */
const attentionProduct = ([batch, tokens, width]: readonly number[]): number => 2 * batch! * tokens! ** 2 * width!;

/** The gradient computes the scores once more: no kernel keeps them. */
const attentionGradient = (shape: readonly number[]): Required<Pick<Outcome, "flops" | "extraFlops">> => ({ flops: 4 * attentionProduct(shape), extraFlops: attentionProduct(shape) });

function attentionBlock({ inputs: { x, qkvWeight }, attrs: { keep, numHeads } }: RuleCall<AttentionBlock, Keep & Heads>): Outcome {
  const [batch, tokens, width] = x.shape as [number, number, number];
  const rows = rowsOf(x);
  const kept = [float([rows]), float([rows]), float([batch, tokens, qkvWeight.shape[0]!]), float(x.shape), float([batch, numHeads, tokens])];
  return { outputs: [float(x.shape), ...(keep === true ? kept : [])], flops: 2 * rows * 4 * width ** 2 + 2 * attentionProduct(x.shape) };
}

function attentionBlockGradient({ inputs: { x, scale, offset, qkvWeight, weight, bias } }: RuleCall<AttentionBlock, Heads>): Outcome {
  const attention = attentionGradient(x.shape);
  return {
    outputs: [...[x, scale, offset, qkvWeight].map(like), float([qkvWeight.shape[0]!]), like(weight), like(bias)],
    flops: 4 * rowsOf(x) * 4 * x.shape[2]! ** 2 + attention.flops,
    extraFlops: attention.extraFlops,
    scratchBytes: floatBytes(x.shape.with(2, qkvWeight.shape[0]!)),
  };
}

/** The kernels of a transformer's blocks that @ssl-vit/backend-native has and tfjs has not: what they keep, and what they need meanwhile. */
export const blockRules: ShapeRules = {
  Attention: rule<{ qkv: TensorInfo }, Heads>(({ inputs: { qkv }, attrs: { numHeads } }) => {
    const [batch, tokens, packed] = qkv.shape as [number, number, number];
    const shape = [batch, tokens, packed / 3];
    return { outputs: [float(shape), float([batch, numHeads, tokens])], flops: 2 * attentionProduct(shape) };
  }),
  AttentionGrad: rule<{ qkv: TensorInfo; y: TensorInfo }>(({ inputs: { qkv, y } }) => ({ outputs: like(qkv), ...attentionGradient(y.shape) })),

  AttentionBlock: rule(attentionBlock),
  AttentionBlockGrad: rule(attentionBlockGradient),
  MlpBlock: rule<MlpBlock, Keep>(({ inputs: { x, weight1 }, attrs: { keep } }) => {
    const rows = rowsOf(x);
    const kept = [float([rows]), float([rows]), float(x.shape.with(2, weight1.shape[0]!))];
    return { outputs: [float(x.shape), ...(keep === true ? kept : [])], flops: 4 * rows * product(weight1.shape) };
  }),
  MlpBlockGrad: rule<MlpBlock>(({ inputs: { x, scale, offset, weight1, bias1, weight2, bias2 } }) => ({
    outputs: [x, scale, offset, weight1, bias1, weight2, bias2].map(like),
    flops: 8 * rowsOf(x) * product(weight1.shape),
    scratchBytes: floatBytes([rowsOf(x), weight1.shape[0]!]),
  })),

  LayerNorm: rule<Norm>(({ inputs: { x } }) => ({ outputs: [like(x), float([rowsOf(x)]), float([rowsOf(x)])] })),
  LayerNormGrad: rule<Norm>(({ inputs: { x, scale } }) => ({ outputs: [x, scale, scale].map(like) })),
  ScaleAddResidual: rule<{ x: TensorInfo }>(({ inputs: { x } }) => ({ outputs: like(x) })),
  ScaleAddResidualGrad: rule<{ branch: TensorInfo; scale?: TensorInfo }>(({ inputs: { branch, scale } }) => ({ outputs: [branch, ...(scale === undefined ? [] : [scale])].map(like) })),
};
