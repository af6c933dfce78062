import { type Float, type ForwardContext, type ParameterMap, prefixParameters, type Random } from "@ssl-vit/core";
import { createBatchNorm, createLinear, truncatedNormal } from "@ssl-vit/nn";
import { tidy } from "@tensorflow/tfjs-core";

interface ClassifierHeadOptions {
  /** Width of the features. */
  readonly dim: number;
  readonly numClasses: number;
  /** Batch normalisation without scale and offset before the linear layer, as MAE's linear probe has it (main_linprobe.py: ε 1e-6, momentum 0.1). */
  readonly batchNorm: boolean;
  /** Standard deviation of the weight at the start, a normal distribution; the bias starts at 0. */
  readonly deviation: number;
}

/** A linear classifier, with a normalisation before it or none. */
export interface ClassifierHead {
  /** `head.weight` [K, D] and `head.bias` [K]. */
  readonly parameters: ParameterMap;
  /** `head_norm.running_mean` and `head_norm.running_var` [D], with `batchNorm`. */
  readonly buffers: ParameterMap;
  /** [B, D] → logits [B, K], the caller's. In training (`context`) normalised by the batch's statistics, otherwise by the running ones. */
  apply(features: Float<"B D">, context?: ForwardContext): Float<"B K">;
}

/** Makes the head of a linear probe or of a fine-tuned encoder. */
export function createClassifierHead(random: Random, { dim, numClasses, batchNorm, deviation }: ClassifierHeadOptions): ClassifierHead {
  const norm = batchNorm ? createBatchNorm({ dim, scale: false, center: false, epsilon: 1e-6, momentum: 0.1 }) : undefined;
  const layer = createLinear(random.derive("head"), {
    inputDim: dim,
    outputDim: numClasses,
    initialize: (stream, shape) => truncatedNormal(stream, shape, deviation),
  });
  return {
    parameters: prefixParameters({ head: layer.parameters }),
    buffers: norm === undefined ? {} : prefixParameters({ head_norm: norm.buffers }),
    apply: (features, context) => tidy(() => layer.apply(norm === undefined ? features : norm.apply(features, context))),
  };
}
