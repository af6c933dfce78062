import { ConfigError, type Float, type ForwardContext, type ParameterMap, prefixParameters, type Random } from "@ssl-vit/core";
import { type Activation, createBatchNorm, createLinear, gelu, type Initializer, type LinearOptions } from "@ssl-vit/nn";
import { relu, tidy } from "@tensorflow/tfjs-core";

/** Options of `createMlpHead`. Most are not optional: the methods' heads differ in every one of them. */
export interface MlpHeadOptions {
  /** Widths: input, hidden layers, output. */
  readonly dims: readonly number[];
  /** Whether hidden linear layers have a bias. */
  readonly hiddenBias: boolean;
  /** Whether batch normalisation follows hidden linear layers. */
  readonly hiddenNorm: boolean;
  /** After each hidden layer. */
  readonly activation: Activation;
  /** Whether the last linear layer has a bias. */
  readonly outputBias: boolean;
  /** Batch normalisation of the output: none, with γ and β, with γ alone (SimCLR's), without both (MoCo v3's). */
  readonly outputNorm: "none" | "affine" | "scale" | "plain";
  /** Added to the variance by batch normalisation. Default 1e-5, PyTorch's; CMAE's is 1e-6. */
  readonly normEpsilon?: number;
  /** Start of the weights. Default: normal with deviation 0.02. */
  readonly initialize?: Initializer;
}

/** A projector or predictor: a perceptron on one row for each image. */
export interface MlpHead {
  /** `0.weight`, `0.bias`, `0.norm.weight`, `0.norm.bias`, `1.weight`, …, as far as they exist. */
  readonly parameters: ParameterMap;
  /** `0.norm.running_mean`, `0.norm.running_var`, … */
  readonly buffers: ParameterMap;
  /** [B, in] → [B, out], the caller's. */
  apply(input: Float<"B D">, context?: ForwardContext): Float<"B D">;
}

/**
 * The multi-layer head of contrastive and distilling methods: linear, normalisation, activation, once for each pair of neighbouring `dims`.
 *
 * @throws ConfigError for fewer than two widths
 */
export function createMlpHead(random: Random, options: MlpHeadOptions): MlpHead {
  const { dims, hiddenBias, hiddenNorm, activation, outputBias, outputNorm, normEpsilon: epsilon = 1e-5, initialize } = options;
  if (dims.length < 2)
    throw new ConfigError({ package: "heads", what: "dims", expected: "at least 2 widths", received: `[${dims.join(", ")}]` });
  const layers = dims.slice(1).map((outputDim, index) => {
    const kind: LayerKind =
      index < dims.length - 2
        ? { bias: hiddenBias, norm: hiddenNorm ? "affine" : "none", epsilon, activation }
        : { bias: outputBias, norm: outputNorm, epsilon, activation: undefined };
    const size = { inputDim: dims[index]!, outputDim, ...(initialize === undefined ? {} : { initialize }) };
    return createHeadLayer(random.derive(index), size, kind);
  });
  return {
    parameters: prefixParameters(Object.fromEntries(layers.map(({ parameters }, index) => [index, parameters]))),
    buffers: prefixParameters(Object.fromEntries(layers.map(({ buffers }, index) => [index, buffers]))),
    apply: (input, context) => tidy(() => layers.reduce((x, layer) => layer.apply(x, context), input)),
  };
}

interface LayerKind {
  readonly bias: boolean;
  readonly norm: MlpHeadOptions["outputNorm"];
  readonly epsilon: number;
  readonly activation: Activation | undefined;
}

const normOptions = {
  affine: { scale: true, center: true },
  scale: { scale: true, center: false },
  plain: { scale: false, center: false },
};

const activate = { gelu, relu } satisfies Record<Activation, (x: Float<"B D">) => Float<"B D">>;

function createHeadLayer(random: Random, size: Pick<LinearOptions, "inputDim" | "outputDim" | "initialize">, kind: LayerKind): MlpHead {
  const { bias, norm, epsilon, activation } = kind;
  if (norm === "none") {
    const layer = createLinear(random, { ...size, bias, ...(activation === undefined ? {} : { activation }) });
    return { parameters: layer.parameters, buffers: {}, apply: (input) => layer.apply(input) };
  }
  const projection = createLinear(random, { ...size, bias });
  const normalization = createBatchNorm({ dim: size.outputDim, epsilon, ...normOptions[norm] });
  return {
    parameters: { ...projection.parameters, ...prefixParameters({ norm: normalization.parameters }) },
    buffers: prefixParameters({ norm: normalization.buffers }),
    apply: (input, context) => {
      const normalized = normalization.apply(projection.apply(input), context);
      return activation === undefined ? normalized : activate[activation](normalized);
    },
  };
}
