import { createKeyMap, type KeyRule, layerRules } from "./key-map.js";

/** Tensors of a block. */
export const timmBlock: readonly KeyRule[] = [
  ...layerRules(["norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"].map((name) => [name, name])),
  ["ls1.gamma", "ls1.gamma"],
  ["ls2.gamma", "ls2.gamma"],
];

const inBlocks = (rules: readonly KeyRule[]): readonly KeyRule[] => rules.map(([theirs, ours]) => [`blocks.#.${theirs as string}`, `blocks.#.${ours}`]);

/**
 * Names of timm's `VisionTransformer`, which DINO, iBOT, MAE, MoCo v3, MSN, I-JEPA and DINOv2 took over: ours are the same. DINOv2 calls registers
 * and SwiGLU's layers otherwise (facebookresearch/dinov2), iBOT LayerScale (bytedance/ibot).
 */
export const timmKeys = createKeyMap({
  family: "timm",
  anchor: "patch_embed.proj.weight",
  rules: [
    ["cls_token", "cls_token"],
    ["reg_token", "reg_token"],
    ["register_tokens", "reg_token"],
    ["pos_embed", "pos_embed"],
    ...layerRules([
      ["patch_embed.proj", "patch_embed.proj"],
      ["norm", "norm"],
    ]),
    ...inBlocks(timmBlock),
    ...inBlocks(
      layerRules([
        ["mlp.w12", "mlp.fc1"],
        ["mlp.w3", "mlp.fc2"],
      ]),
    ),
    ["blocks.#.gamma_1", "blocks.#.ls1.gamma"],
    ["blocks.#.gamma_2", "blocks.#.ls2.gamma"],
  ],
  ignored: /^(head|fc|fc_norm|pre_logits|pred|projector|predictor|prototypes|decoder_embed|decoder_blocks|decoder_norm|decoder_pred)\.|^(mask_token|masked_embed|decoder_pos_embed)$/,
});
