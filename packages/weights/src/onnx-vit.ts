import type { VitConfig } from "@ssl-vit/vit";
import { type GraphBuilder, type OnnxGraph, startGraph } from "./onnx-graph.js";
import type { EncoderValues, NamedValues } from "./variable-values.js";
import { withZeroRows } from "./with-zero-rows.js";

/** A layer's place: where its operators are written, and its tensors. */
interface Layer {
  readonly graph: GraphBuilder;
  readonly tensor: (name: string) => NamedValues | undefined;
}

const within = ({ graph, tensor }: Layer, scope: string): Layer => ({ graph: graph.within(scope), tensor: (name) => tensor(`${scope}.${name}`) });

/**
 * A Vision Transformer as a graph of operators of opset 17: `pixel_values` [batch, channels, height, width] → `last_hidden_state` [batch, tokens, D], which is
 * `encoder.encode`, and `pooler_output` [batch, D], its [CLS] token or without one the mean of its patches. The batch is open, the image's size is the encoder's.
 *
 * @param attentions one more output, `attentions` [batch, heads, tokens, tokens]: the probabilities of the last block
 */
export function onnxVit(config: VitConfig, own: EncoderValues, attentions: boolean): OnnxGraph {
  const { imageSize, patchSize, channels, embedDim, depth, numHeads, clsToken, registerTokens, layerNormEpsilon } = config;
  const graph = startGraph();
  const layer: Layer = { graph, tensor: (name) => own.get(name) };
  const prefixTokens = Number(clsToken) + registerTokens;
  const count = prefixTokens + (imageSize[0] / patchSize) * (imageSize[1] / patchSize);

  const patches = embedPatches(within(layer, "patch_embed"), "pixel_values", config);
  let tokens = addPositions(layer, prependTokens(layer, patches, config), config);
  for (let index = 0; index < depth; index++) {
    const block = within(layer, `blocks.${index}`);
    const { output, probabilities } = attend(within(block, "attn"), normalize(block, "norm1", tokens, layerNormEpsilon), config);
    tokens = addResidual(block, tokens, output, "ls1");
    tokens = addResidual(block, tokens, perceive(within(block, "mlp"), normalize(block, "norm2", tokens, layerNormEpsilon), config), "ls2");
    if (attentions && index === depth - 1) graph.node("Identity", [probabilities], {}, "attentions");
  }
  normalize(layer, "norm", tokens, layerNormEpsilon, "last_hidden_state");
  pool(graph, "last_hidden_state", config);
  return {
    inputs: [{ name: "pixel_values", shape: ["batch", channels, ...imageSize] }],
    outputs: [
      { name: "last_hidden_state", shape: ["batch", count, embedDim] },
      { name: "pooler_output", shape: ["batch", embedDim] },
      ...(attentions ? [{ name: "attentions", shape: ["batch", numHeads, count, count] }] : []),
    ],
    nodes: graph.nodes,
    initializers: graph.initializers,
  };
}

/** [B, C, Y, X] → [B, P, D], row by row: a convolution whose stride is its size. */
function embedPatches(layer: Layer, images: string, { patchSize, embedDim }: VitConfig): string {
  const { graph, tensor } = within(layer, "proj");
  const stored = (name: string): string => graph.weights(name, tensor(name)!.shape, tensor(name)!.values);
  const grid = graph.node("Conv", [images, stored("weight"), stored("bias")], { kernel_shape: { ints: [patchSize, patchSize] }, strides: { ints: [patchSize, patchSize] } }); // [B, D, rows, columns]
  return graph.node("Transpose", [graph.node("Reshape", [grid, graph.integers(0, embedDim, -1)])], { perm: { ints: [0, 2, 1] } });
}

/** [CLS] and registers before the patches of each image, [B, P, D] → [B, N, D]. */
function prependTokens({ graph, tensor }: Layer, patches: string, { embedDim, clsToken, registerTokens }: VitConfig): string {
  const prefixTokens = Number(clsToken) + registerTokens;
  if (prefixTokens === 0) return patches;
  const learned = ["cls_token", "reg_token"].flatMap((name) => {
    const stored = tensor(name);
    return stored === undefined ? [] : [graph.weights(name, stored.shape, stored.values)];
  });
  const prefix = graph.within("prefix");
  const batch = prefix.node("Shape", [patches], { start: { int: 0 }, end: { int: 1 } });
  const shape = prefix.node("Concat", [batch, prefix.integers(prefixTokens, embedDim)], { axis: { int: 0 } });
  const one = learned.length === 1 ? learned[0]! : prefix.node("Concat", learned, { axis: { int: 1 } }); // [1, K, D]
  return prefix.node("Concat", [prefix.node("Expand", [one, shape]), patches], { axis: { int: 1 } });
}

/** Positions of all tokens, [1, N, D]: 0 for those that have none. */
function addPositions({ graph, tensor }: Layer, tokens: string, { clsToken, registerTokens, prefixPositions }: VitConfig): string {
  const positions = tensor("pos_embed")!;
  const placed = prefixPositions === false ? 0 : Number(clsToken) + (prefixPositions === "cls" ? 0 : registerTokens);
  const { shape, values } = withZeroRows(positions, placed, Number(clsToken) + registerTokens - placed);
  return graph.node("Add", [tokens, graph.weights("pos_embed", shape, values)]);
}

/** Layer normalisation over the last axis. */
function normalize(layer: Layer, name: string, tokens: string, epsilon: number, output?: string): string {
  const { graph, tensor } = within(layer, name);
  const stored = (part: string): string => graph.weights(part, tensor(part)!.shape, tensor(part)!.values);
  return graph.node("LayerNormalization", [tokens, stored("weight"), stored("bias")], { axis: { int: -1 }, epsilon: { float: epsilon } }, output);
}

/** x·Wᵀ + b. The weight is written as [in, out], which is what programs that make such files smaller look for. */
function linear(layer: Layer, name: string, tokens: string): string {
  const { graph, tensor } = within(layer, name);
  const { shape, values } = transposed(tensor("weight")!);
  const product = graph.node("MatMul", [tokens, graph.weights("weight", shape, values)]);
  const bias = tensor("bias");
  return bias === undefined ? product : graph.node("Add", [product, graph.weights("bias", bias.shape, bias.values)]);
}

/** Multi-head self-attention with its projection, [B, N, D] → [B, N, D], and its probabilities, [B, H, N, N]. */
function attend(layer: Layer, tokens: string, { embedDim, numHeads }: VitConfig): { readonly output: string; readonly probabilities: string } {
  const { graph } = layer;
  const headDim = embedDim / numHeads;
  const [queries, keys, values] = graph.nodeOf(3, "Split", [linear(layer, "qkv", tokens)], { axis: { int: 2 } }); // [B, N, D] each
  const byHead = (rows: string, ...perm: readonly number[]): string =>
    graph.node("Transpose", [graph.node("Reshape", [rows, graph.integers(0, 0, numHeads, headDim)])], { perm: { ints: perm } });
  const scaled = graph.node("Mul", [byHead(queries!, 0, 2, 1, 3), graph.scalar(Math.fround(headDim ** -0.5))]); // [B, H, N, D/H]
  const scores = graph.node("MatMul", [scaled, byHead(keys!, 0, 2, 3, 1)]);
  const probabilities = graph.node("Softmax", [scores], { axis: { int: -1 } });
  const mixed = graph.node("MatMul", [probabilities, byHead(values!, 0, 2, 1, 3)]); // [B, H, N, D/H]
  const joined = graph.node("Reshape", [graph.node("Transpose", [mixed], { perm: { ints: [0, 2, 1, 3] } }), graph.integers(0, 0, embedDim)]);
  return { output: linear(layer, "proj", joined), probabilities };
}

/** A block's perceptron, with GELU or SwiGLU. */
function perceive(layer: Layer, tokens: string, { mlp }: VitConfig): string {
  const hidden = linear(layer, "fc1", tokens);
  return linear(layer, "fc2", mlp === "swiglu" ? gated(layer.graph, hidden) : gelu(layer.graph, hidden));
}

/** The exact one, x·(1 + erf(x ÷ √2))·½, in the order that runtimes know to be one operator. */
function gelu(graph: GraphBuilder, x: string): string {
  const erf = graph.node("Erf", [graph.node("Div", [x, graph.scalar(Math.fround(Math.SQRT2))])]);
  return graph.node("Mul", [graph.node("Mul", [x, graph.node("Add", [erf, graph.scalar(1)])]), graph.scalar(0.5)]);
}

/** silu(a)·b for [a, b], the halves of the last axis. */
function gated(graph: GraphBuilder, both: string): string {
  const [gate, value] = graph.nodeOf(2, "Split", [both], { axis: { int: 2 } });
  return graph.node("Mul", [graph.node("Mul", [gate!, graph.node("Sigmoid", [gate!])]), value!]);
}

/** x + γ·branch, with LayerScale's γ where there is one. */
function addResidual({ graph, tensor }: Layer, tokens: string, branch: string, name: "ls1" | "ls2"): string {
  const scale = graph.within(name);
  const gamma = tensor(`${name}.gamma`);
  const scaled = gamma === undefined ? branch : scale.node("Mul", [branch, scale.weights("gamma", gamma.shape, gamma.values)]);
  return graph.node("Add", [tokens, scaled]);
}

/** [B, N, D] → `pooler_output` [B, D]. */
function pool(graph: GraphBuilder, tokens: string, { clsToken, registerTokens }: VitConfig): void {
  const scope = graph.within("pooler");
  if (clsToken) {
    const first = scope.node("Slice", [tokens, scope.integers(0), scope.integers(1), scope.integers(1)]); // [B, 1, D]
    scope.node("Squeeze", [first, scope.integers(1)], {}, "pooler_output");
    return;
  }
  const patches = registerTokens === 0 ? tokens : scope.node("Slice", [tokens, scope.integers(registerTokens), scope.integers(2 ** 31 - 1), scope.integers(1)]);
  scope.node("ReduceMean", [patches], { axes: { ints: [1] }, keepdims: { int: 0 } }, "pooler_output");
}

/** [out, in] → [in, out]. */
function transposed({ shape, values }: NamedValues): NamedValues {
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return { shape: [columns, rows], values: turned };
}
