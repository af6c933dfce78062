import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape } from "../check.js";
import { define } from "../kernel.js";

interface Attributes {
  readonly numHeads: number;
  readonly scale?: number;
}

/** Checks qkv [B, N, 3D]; returns the sizes and the scale (1 / √(D / heads) unless given). */
function sizesOf(kernel: string, qkv: TensorInfo, { numHeads, scale }: Attributes) {
  checkShape(kernel, "qkv", qkv, [-1, -1, -1]);
  const [batch, tokens, packed] = qkv.shape as [number, number, number];
  const depth = packed / (3 * numHeads);
  checkAttribute(kernel, "numHeads", Number.isInteger(numHeads) && numHeads > 0 && Number.isInteger(depth) && depth > 0, `a divisor of ${packed / 3}`, numHeads);
  return { batch, tokens, depth, width: packed / 3, scale: scale ?? 1 / Math.sqrt(depth) };
}

export function registerAttention(): void {
  define<{ qkv: TensorInfo }, Attributes>("Attention", ({ inputs: { qkv }, attrs, backend }) => {
    const { batch, tokens, depth, width, scale } = sizesOf("Attention", qkv, attrs);
    const y = backend.fresh([batch, tokens, width], "float32");
    const logSums = backend.fresh([batch, attrs.numHeads, tokens], "float32");
    binding.attention(backend.valuesOf(qkv, "float32"), batch, tokens, attrs.numHeads, depth, scale, y.values, logSums.values);
    return [y.tensor, logSums.tensor];
  });

  define<{ qkv: TensorInfo; y: TensorInfo; logSums: TensorInfo; dy: TensorInfo }, Attributes>("AttentionGrad", ({ inputs, attrs, backend }) => {
    const { qkv, y, logSums, dy } = inputs;
    const { batch, tokens, depth, width, scale } = sizesOf("AttentionGrad", qkv, attrs);
    checkShape("AttentionGrad", "y", y, [batch, tokens, width]);
    checkShape("AttentionGrad", "dy", dy, [batch, tokens, width]);
    checkShape("AttentionGrad", "logSums", logSums, [batch, attrs.numHeads, tokens]);
    const { tensor, values } = backend.fresh(qkv.shape, "float32");
    const [packed, out, sums, gradient] = [qkv, y, logSums, dy].map((input) => backend.valuesOf(input, "float32"));
    binding.attentionGradient(packed!, out!, sums!, gradient!, batch, tokens, attrs.numHeads, depth, scale, values);
    return tensor;
  });
}
