import { type TensorInfo } from "@tensorflow/tfjs-core";
import { binding } from "../binding.js";
import { checkAttribute, checkShape } from "../check.js";
import { define } from "../kernel.js";
import type { NativeBackend } from "../native-backend.js";

interface NormInputs {
  readonly x: TensorInfo;
  readonly scale: TensorInfo;
  readonly offset: TensorInfo;
}

interface Kept {
  readonly mean: TensorInfo;
  readonly inverseDeviation: TensorInfo;
  readonly dy: TensorInfo;
  readonly dBranch?: TensorInfo;
}

interface MlpInputs extends NormInputs {
  readonly weight1: TensorInfo;
  readonly bias1: TensorInfo;
  readonly weight2: TensorInfo;
  readonly bias2: TensorInfo;
}

interface AttentionInputs extends NormInputs {
  readonly qkvWeight: TensorInfo;
  readonly weight: TensorInfo;
  readonly bias: TensorInfo;
}

interface ForwardAttributes {
  readonly epsilon: number;
  /** Whether what the gradient needs is returned as well. */
  readonly keep?: boolean;
}

interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly width: number;
  readonly rows: number;
}

function checkNorm(kernel: string, { x, scale, offset }: NormInputs): Sizes {
  checkShape(kernel, "x", x, [-1, -1, -1]);
  const [batch, tokens, width] = x.shape as [number, number, number];
  checkAttribute(kernel, "x", tokens > 0 && width > 0, "at least one token and one channel", `[${x.shape.join(", ")}]`);
  checkShape(kernel, "scale", scale, [width]);
  checkShape(kernel, "offset", offset, [width]);
  return { batch, tokens, width, rows: batch * tokens };
}

function checkMlp(kernel: string, inputs: MlpInputs): Sizes & { hidden: number } {
  const sizes = checkNorm(kernel, inputs);
  checkShape(kernel, "weight1", inputs.weight1, [-1, sizes.width]);
  const hidden = inputs.weight1.shape[0]!;
  checkAttribute(kernel, "weight1", hidden > 0, "at least one hidden channel", hidden);
  checkShape(kernel, "bias1", inputs.bias1, [hidden]);
  checkShape(kernel, "weight2", inputs.weight2, [sizes.width, hidden]);
  checkShape(kernel, "bias2", inputs.bias2, [sizes.width]);
  return { ...sizes, hidden };
}

function checkAttention(kernel: string, inputs: AttentionInputs, numHeads: number): Sizes & { depth: number } {
  const sizes = checkNorm(kernel, inputs);
  const depth = sizes.width / numHeads;
  checkAttribute(kernel, "numHeads", Number.isInteger(numHeads) && numHeads > 0 && Number.isInteger(depth), `a divisor of ${sizes.width}`, numHeads);
  checkShape(kernel, "qkvWeight", inputs.qkvWeight, [3 * sizes.width, sizes.width]);
  checkShape(kernel, "weight", inputs.weight, [sizes.width, sizes.width]);
  checkShape(kernel, "bias", inputs.bias, [sizes.width]);
  return { ...sizes, depth };
}

function checkFactors(kernel: string, factors: TensorInfo | undefined, batch: number): void {
  if (factors !== undefined) checkShape(kernel, "factors", factors, [batch]);
}

function checkKept(kernel: string, { mean, inverseDeviation, dy, dBranch }: Kept, { batch, tokens, width, rows }: Sizes): void {
  checkShape(kernel, "mean", mean, [rows]);
  checkShape(kernel, "inverseDeviation", inverseDeviation, [rows]);
  checkShape(kernel, "dy", dy, [batch, tokens, width]);
  if (dBranch !== undefined) checkShape(kernel, "dBranch", dBranch, [batch, tokens, width]);
}

const floats = (backend: NativeBackend, tensor: TensorInfo): Float32Array => backend.valuesOf(tensor, "float32");
const optionalFloats = (backend: NativeBackend, tensor: TensorInfo | undefined): Float32Array | undefined =>
  tensor === undefined ? undefined : floats(backend, tensor);

function registerMlpBlock(): void {
  define<MlpInputs & { factors?: TensorInfo }, ForwardAttributes>("MlpBlock", ({ inputs, attrs, backend }) => {
    const { x, scale, offset, weight1, bias1, weight2, bias2, factors } = inputs;
    const { batch, tokens, rows, hidden: inner } = checkMlp("MlpBlock", inputs);
    checkFactors("MlpBlock", factors, batch);
    const y = backend.fresh(x.shape, "float32");
    const kept = attrs.keep === true ? [[rows], [rows], [batch, tokens, inner]].map((shape) => backend.fresh(shape, "float32")) : [];
    const [means, inverses, hidden] = kept.map(({ values }) => values);
    const [xs, scales, offsets, w1, b1, w2, b2] = [x, scale, offset, weight1, bias1, weight2, bias2].map((tensor) => floats(backend, tensor));
    binding.mlpBlock(xs!, scales!, offsets!, attrs.epsilon, w1!, b1!, w2!, b2!, optionalFloats(backend, factors), tokens, y.values, means, inverses, hidden);
    return [y.tensor, ...kept.map(({ tensor }) => tensor)];
  });

  define<MlpInputs & Kept & { hidden: TensorInfo }, unknown>("MlpBlockGrad", ({ inputs, backend }) => {
    const { x, scale, offset, weight1, bias1, weight2, bias2, mean, inverseDeviation, hidden, dy, dBranch = dy } = inputs;
    const sizes = checkMlp("MlpBlockGrad", inputs);
    checkKept("MlpBlockGrad", inputs, sizes);
    checkShape("MlpBlockGrad", "hidden", hidden, [sizes.batch, sizes.tokens, sizes.hidden]);
    const results = [x, scale, offset, weight1, bias1, weight2, bias2].map(({ shape }) => backend.fresh(shape, "float32"));
    const [dx, dScale, dOffset, dWeight1, dBias1, dWeight2, dBias2] = results.map(({ values }) => values);
    const [xs, scales, offsets, w1, b1, w2, b2] = [x, scale, offset, weight1, bias1, weight2, bias2].map((tensor) => floats(backend, tensor));
    const [means, inverses, hiddens, dys, dBranches] = [mean, inverseDeviation, hidden, dy, dBranch].map((tensor) => floats(backend, tensor));
    backend.withScratch(hiddens!.length, (work) => {
      binding.mlpBlockGradient(
        ...([xs!, scales!, offsets!, w1!, b1!, w2!, b2!] as const),
        ...([means!, inverses!, hiddens!, dys!, dBranches!, work] as const),
        ...([dx!, dScale!, dOffset!, dWeight1!, dBias1!, dWeight2!, dBias2!] as const),
      );
    });
    return results.map(({ tensor }) => tensor);
  });
}

function registerAttentionBlock(): void {
  define<AttentionInputs & { qkvBias?: TensorInfo; factors?: TensorInfo }, ForwardAttributes & { numHeads: number }>(
    "AttentionBlock",
    ({ inputs, attrs, backend }) => {
      const { x, scale, offset, qkvWeight, qkvBias, weight, bias, factors } = inputs;
      const { batch, tokens, width, rows, depth } = checkAttention("AttentionBlock", inputs, attrs.numHeads);
      if (qkvBias !== undefined) checkShape("AttentionBlock", "qkvBias", qkvBias, [3 * width]);
      checkFactors("AttentionBlock", factors, batch);
      const y = backend.fresh(x.shape, "float32");
      const shapes = [[rows], [rows], [batch, tokens, 3 * width], [batch, tokens, width], [batch, attrs.numHeads, tokens]];
      const kept = attrs.keep === true ? shapes.map((shape) => backend.fresh(shape, "float32")) : [];
      const [means, inverses, qkv, attended, logSums] = kept.map(({ values }) => values);
      const [xs, scales, offsets, packed, w, b] = [x, scale, offset, qkvWeight, weight, bias].map((tensor) => floats(backend, tensor));
      binding.attentionBlock(
        ...([xs!, scales!, offsets!, attrs.epsilon, packed!, optionalFloats(backend, qkvBias), w!, b!, optionalFloats(backend, factors)] as const),
        ...([batch, tokens, attrs.numHeads, depth] as const),
        ...([y.values, means, inverses, qkv, attended, logSums] as const),
      );
      return [y.tensor, ...kept.map(({ tensor }) => tensor)];
    },
  );

  define<AttentionInputs & Kept & { qkv: TensorInfo; attended: TensorInfo; logSums: TensorInfo }, { numHeads: number }>(
    "AttentionBlockGrad",
    ({ inputs, attrs: { numHeads }, backend }) => {
      const { x, scale, offset, qkvWeight, weight, bias, mean, inverseDeviation, qkv, attended, logSums, dy, dBranch = dy } = inputs;
      const sizes = checkAttention("AttentionBlockGrad", inputs, numHeads);
      const { batch, tokens, width, depth } = sizes;
      checkKept("AttentionBlockGrad", inputs, sizes);
      checkShape("AttentionBlockGrad", "qkv", qkv, [batch, tokens, 3 * width]);
      checkShape("AttentionBlockGrad", "attended", attended, [batch, tokens, width]);
      checkShape("AttentionBlockGrad", "logSums", logSums, [batch, numHeads, tokens]);
      const results = [x.shape, scale.shape, offset.shape, qkvWeight.shape, [3 * width], weight.shape, bias.shape].map((shape) =>
        backend.fresh(shape, "float32"),
      );
      const [dx, dScale, dOffset, dQkvWeight, dQkvBias, dWeight, dBias] = results.map(({ values }) => values);
      const [xs, scales, offsets, packed, w, b] = [x, scale, offset, qkvWeight, weight, bias].map((tensor) => floats(backend, tensor));
      const [means, inverses, qkvs, out, sums, dys, dBranches] = [mean, inverseDeviation, qkv, attended, logSums, dy, dBranch].map((tensor) =>
        floats(backend, tensor),
      );
      backend.withScratch(qkvs!.length, (work) => {
        binding.attentionBlockGradient(
          ...([xs!, scales!, offsets!, packed!, w!, b!, batch, tokens, numHeads, depth] as const),
          ...([means!, inverses!, qkvs!, out!, sums!, dys!, dBranches!, work] as const),
          ...([dx!, dScale!, dOffset!, dQkvWeight!, dQkvBias!, dWeight!, dBias!] as const),
        );
      });
      return results.map(({ tensor }) => tensor);
    },
  );
}

export function registerBlocks(): void {
  registerMlpBlock();
  registerAttentionBlock();
}
