import { assertShape, ConfigError, type Float, type ForwardContext, type ParameterMap, prefixParameters, type Random } from "@ssl-vit/core";
import { slice, tidy } from "@tensorflow/tfjs-core";
import { addResidual, type BranchScale } from "./add-residual.js";
import { attention, attentionOfFirst } from "./attention.js";
import { attentionProbabilities } from "./attention-probabilities.js";
import { createLayerNorm } from "./create-layer-norm.js";
import { createLinear } from "./create-linear.js";
import { createMlp } from "./create-mlp.js";
import { createSwiGlu } from "./create-swiglu.js";
import { dropFactors } from "./drop-path.js";
import { fusedAttentionBlock, fusedMlpBlock } from "./fused-blocks.js";
import { filled, type Initializer } from "./initializers.js";
import { linear } from "./linear.js";
import { mlpWidth } from "./mlp-width.js";

/** Options of `createBlock`. */
export interface BlockOptions {
  readonly dim: number;
  readonly numHeads: number;
  /** Width of the perceptron ÷ dim. */
  readonly mlpRatio: number;
  /** The perceptron's activation: GELU, or DINOv2's SwiGLU, ⅔ as wide in multiples of 8, which has as many weights. Default `"gelu"`. */
  readonly mlp?: "gelu" | "swiglu";
  /** Default true. */
  readonly qkvBias?: boolean;
  /** Start of LayerScale's factors (Touvron et al., arXiv 2103.17239). Default: no LayerScale. */
  readonly layerScale?: number;
  /** Share of samples that skip a branch in training. Default 0. */
  readonly dropPathRate?: number;
  /** Of the layer normalisations. Default 1e-6. */
  readonly epsilon?: number;
  /** Start of the weights. Default: that of `createLinear`. */
  readonly initialize?: Initializer;
  /** Start of the weight of queries, keys and values together, [3·D, D]. Default: `initialize`. */
  readonly initializeQkv?: Initializer;
}

/** A transformer block. Results are the caller's. */
export interface Block {
  /** Named as in timm: `norm1.weight`, `attn.qkv.weight`, `attn.proj.weight`, `ls1.gamma`, `norm2.weight`, `mlp.fc1.weight`, … */
  readonly parameters: ParameterMap;
  /** [B, N, D] → [B, N, D]. Drop path draws from `context.random`, which must be the stream of this block alone. */
  apply(tokens: Float<"B N D">, context?: ForwardContext): Float<"B N D">;
  /** The first `count` tokens of what `apply` gives, [B, N, D] → [B, count, D], without computing the others. Same draws. */
  applyToFirst(tokens: Float<"B N D">, count: number, context?: ForwardContext): Float<"B N D">;
  /** Attention probabilities for these tokens, [B, H, N, N]. */
  attention(tokens: Float<"B N D">): Float<"B H N N">;
}

/**
 * A pre-norm transformer block: x + attention(norm(x)), then x + mlp(norm(x)) (Dosovitskiy et al., arXiv 2010.11929; checked against timm's
 * `Block`).
 *
 * @throws ConfigError when the heads do not divide `dim`
 */
export function createBlock(random: Random, options: BlockOptions): Block {
  const { dim, numHeads, mlpRatio, mlp: activation = "gelu", qkvBias = true, layerScale, dropPathRate = 0, epsilon = 1e-6, initialize, initializeQkv = initialize } = options;
  if (dim % numHeads !== 0) {
    throw new ConfigError({ package: "nn", what: "numHeads", expected: `a divisor of dim ${dim}`, received: String(numHeads) });
  }
  const start = initialize === undefined ? {} : { initialize };
  const startQkv = initializeQkv === undefined ? {} : { initialize: initializeQkv };
  const norm1 = createLayerNorm({ dim, epsilon });
  const qkv = createLinear(random.derive("attn.qkv"), { inputDim: dim, outputDim: 3 * dim, bias: qkvBias, ...startQkv });
  const projection = createLinear(random.derive("attn.proj"), { inputDim: dim, outputDim: dim, ...start });
  const norm2 = createLayerNorm({ dim, epsilon });
  const createPerceptron = activation === "gelu" ? createMlp : createSwiGlu;
  const mlp = createPerceptron(random.derive("mlp"), { dim, hiddenDim: mlpWidth({ dim, mlpRatio, mlp: activation }), ...start });
  const scales = layerScale === undefined ? undefined : { ls1: filled([dim], layerScale), ls2: filled([dim], layerScale) };

  const layersOfMlp = { fc1: unprefixed(mlp.parameters, "fc1."), fc2: unprefixed(mlp.parameters, "fc2.") };

  /** What multiplies a branch: LayerScale's factors, and in training drop path's. */
  const branchScale = (branch: "attn" | "mlp", batch: number, context: ForwardContext | undefined): BranchScale => ({
    gamma: branch === "attn" ? scales?.ls1 : scales?.ls2,
    factors:
      context?.training === true && dropPathRate > 0
        ? dropFactors(batch, dropPathRate, context.random.derive(branch), context)
        : undefined,
  });
  const attend = (tokens: Float<"B N D">, scale: BranchScale): Float<"B N D"> =>
    fusedAttentionBlock(
      tokens,
      { norm: norm1.parameters, qkv: qkv.parameters, projection: projection.parameters },
      { numHeads, epsilon },
      scale,
    ) ?? addResidual(tokens, projection.apply(attention(qkv.apply(norm1.apply(tokens)), numHeads)), scale);
  const perceive = (tokens: Float<"B N D">, scale: BranchScale): Float<"B N D"> =>
    (activation === "gelu" ? fusedMlpBlock(tokens, { norm: norm2.parameters, ...layersOfMlp }, { epsilon }, scale) : undefined) ??
    addResidual(tokens, mlp.apply(norm2.apply(tokens)), scale);

  return {
    parameters: prefixParameters({
      norm1: norm1.parameters,
      "attn.qkv": qkv.parameters,
      "attn.proj": projection.parameters,
      ...(scales === undefined ? {} : { ls1: { gamma: scales.ls1 } }),
      norm2: norm2.parameters,
      mlp: mlp.parameters,
      ...(scales === undefined ? {} : { ls2: { gamma: scales.ls2 } }),
    }),
    apply: (tokens, context) => {
      assertShape("nn", "tokens", tokens, [-1, -1, dim]);
      const [batch] = tokens.shape;
      return tidy(() => {
        const middle = attend(tokens, branchScale("attn", batch, context));
        return perceive(middle, branchScale("mlp", batch, context));
      });
    },
    applyToFirst: (tokens, count, context) => {
      assertShape("nn", "tokens", tokens, [-1, -1, dim]);
      const [batch] = tokens.shape;
      return tidy(() => {
        const first = (x: Float<"B N D">): Float<"B N D"> => slice(x, [0, 0, 0], [-1, count, -1]);
        const { weight, bias } = qkv.parameters;
        // Queries of the first tokens, keys and values of all.
        const project = (x: Float<"B N D">, start: number, size: number): Float<"B N D"> =>
          linear(x, slice(weight!, [start, 0], [size, -1]), bias === undefined ? undefined : slice(bias, [start], [size]));
        const normalized: Float<"B N D"> = norm1.apply(tokens);
        const attended = attentionOfFirst(project(first(normalized), 0, dim), project(normalized, dim, 2 * dim), numHeads);
        const middle = addResidual(first(tokens), projection.apply(attended), branchScale("attn", batch, context));
        return perceive(middle, branchScale("mlp", batch, context));
      });
    },
    attention: (tokens) => tidy(() => attentionProbabilities(qkv.apply(norm1.apply(tokens)), numHeads)),
  };
}

/** The parameters whose names start with `prefix`, without it. */
function unprefixed(parameters: ParameterMap, prefix: string): ParameterMap {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, variable]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), variable] as const] : [])),
  );
}
