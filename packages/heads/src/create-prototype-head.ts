/**
 * DINO's head: a GELU perceptron to a bottleneck, L2 normalisation, and a weight-normalised linear layer without bias, whose rows are the
 * prototypes.
 *
 * Paper: Caron et al., "Emerging Properties in Self-Supervised Vision Transformers", arXiv 2104.14294, appendix C.
 * Checked against: `DINOHead` of facebookresearch/dino, `vision_transformer.py`; PyTorch's `weight_norm`.
 * Deviations: the perceptron's layers are numbered 0, 1, 2 (`mlp.1.weight`), not by their place between activations (`mlp.2.weight`).
 */
import { ConfigError, type Float, type ParameterMap, prefixParameters, type Random } from "@ssl-vit/core";
import { l2Normalize } from "@ssl-vit/nn";
import { tidy } from "@tensorflow/tfjs-core";
import { createMlpHead } from "./create-mlp-head.js";
import { createPrototypes } from "./create-prototypes.js";

/** Options of `createPrototypeHead`. */
export interface PrototypeHeadOptions {
  readonly inputDim: number;
  /** Default 2048. */
  readonly hiddenDim?: number;
  /** Default 256. */
  readonly bottleneckDim?: number;
  /** Number of prototypes, K. */
  readonly prototypes: number;
  /** Linear layers before the prototypes. Default 3. */
  readonly layers?: number;
  /** Fixes the length of every prototype at 1: steadier, and the paper's choice for ViT-B (`norm_last_layer`). Default true. */
  readonly normalizeLastLayer?: boolean;
}

/** A head that scores rows against prototypes. */
export interface PrototypeHead {
  /** `mlp.0.weight`, `mlp.0.bias`, …, `last_layer.weight_v` [K, D], and `last_layer.weight_g` [K, 1] where lengths are learned. */
  readonly parameters: ParameterMap;
  /** `last_layer.weight_g`, all 1, where lengths are fixed: saved for checkpoints' sake, not read. */
  readonly buffers: ParameterMap;
  /** [B, in] → what the prototypes are compared with, [B, bottleneckDim], rows of length 1. The caller's. */
  embed(input: Float<"B D">): Float<"B D">;
  /** [B, bottleneckDim] → scores [B, K], the caller's. Linear: the mean of the scores is the score of the mean. */
  score(rows: Float<"B D">): Float<"B K">;
  /** [B, in] → scores [B, K], the caller's: `score` of `embed`. */
  apply(input: Float<"B D">): Float<"B K">;
}

/**
 * A perceptron, L2 normalisation, and the scores of `createPrototypes`.
 *
 * @throws ConfigError for fewer than one layer
 */
export function createPrototypeHead(random: Random, options: PrototypeHeadOptions): PrototypeHead {
  const { inputDim, hiddenDim = 2048, bottleneckDim = 256, prototypes, layers = 3, normalizeLastLayer = true } = options;
  if (!Number.isInteger(layers) || layers < 1) {
    throw new ConfigError({ package: "heads", what: "layers", expected: "an integer of at least 1", received: String(layers) });
  }
  const mlp = createMlpHead(random.derive("mlp"), {
    dims: [inputDim, ...Array.from({ length: layers - 1 }, () => hiddenDim), bottleneckDim],
    hiddenBias: true,
    hiddenNorm: false,
    activation: "gelu",
    outputBias: true,
    outputNorm: "none",
  });
  // The authors' start of the perceptron does not reach this layer: it keeps PyTorch's own.
  const lastLayer = createPrototypes(random.derive("last_layer"), { dim: bottleneckDim, prototypes, normalizeLastLayer });
  const embed = (input: Float<"B D">): Float<"B D"> => tidy(() => l2Normalize(mlp.apply(input)));
  return {
    parameters: prefixParameters({ mlp: mlp.parameters, last_layer: lastLayer.parameters }),
    buffers: prefixParameters({ last_layer: lastLayer.buffers }),
    embed,
    score: (rows) => lastLayer.score(rows),
    apply: (input) => tidy(() => lastLayer.score(embed(input))),
  };
}
