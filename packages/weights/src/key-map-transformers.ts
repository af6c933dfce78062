import { createKeyMap, type KeyMap, type KeyRule, layerRules, prefixRules } from "./key-map.js";

const attention: readonly KeyRule[] = [
  [["attention.attention.query", "attention.attention.key", "attention.attention.value"], "attn.qkv"],
  ["attention.output.dense", "attn.proj"],
];

/** Layers of a `ViTLayer`, which ViTMAE's decoder has too. */
export const transformersVitBlock = layerRules([
  ["layernorm_before", "norm1"],
  ...attention,
  ["layernorm_after", "norm2"],
  ["intermediate.dense", "mlp.fc1"],
  ["output.dense", "mlp.fc2"],
]);

/** Layers of a `Dinov2Layer`; LayerScale is there always. */
const dinov2Block: readonly KeyRule[] = [
  ...layerRules([
    ["norm1", "norm1"],
    ...attention,
    ["norm2", "norm2"],
    ["mlp.fc1", "mlp.fc1"],
    ["mlp.fc2", "mlp.fc2"],
  ]),
  ["layer_scale1.lambda1", "ls1.gamma"],
  ["layer_scale2.lambda1", "ls2.gamma"],
];

const gate = layerRules([
  ["mlp.weights_in", "mlp.fc1"],
  ["mlp.weights_out", "mlp.fc2"],
]);

const around: readonly KeyRule[] = [
  ["embeddings.cls_token", "cls_token"],
  ["embeddings.register_tokens", "reg_token"],
  ["embeddings.position_embeddings", "pos_embed"],
  ...layerRules([
    ["embeddings.patch_embeddings.projection", "patch_embed.proj"],
    ["layernorm", "norm"],
  ]),
];

const anchor = "embeddings.patch_embeddings.projection.weight";
const ignored = /^(pooler|classifier|decoder)\.|^embeddings\.mask_token$/;
const layers = "encoder.layer.#.";

/** Names of transformers' ViTModel, ViTMSNModel, IJepaModel and ViTMAEModel as files have them. */
export const transformersVitKeys = createKeyMap({
  family: "transformers (ViT)",
  anchor,
  rules: [...around, ...prefixRules(layers, "blocks.#.", transformersVitBlock)],
  ignored,
});

/** Names of transformers' Dinov2Model and Dinov2WithRegistersModel, with a GELU perceptron or with SwiGLU. */
export const dinov2Keys = (mlp: "gelu" | "swiglu"): KeyMap => {
  const [first, second] = mlp === "gelu" ? [dinov2Block, gate] : [gate, dinov2Block];
  return createKeyMap({ family: "transformers (DINOv2)", anchor, rules: [...around, ...prefixRules(layers, "blocks.#.", [...first, ...second])], ignored });
};
