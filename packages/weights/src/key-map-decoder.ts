import { createKeyMap, type KeyMap, type KeyRule, layerRules, prefixRules } from "./key-map.js";
import { timmBlock } from "./key-map-timm.js";
import { transformersVitBlock } from "./key-map-transformers.js";

const around: readonly KeyRule[] = [
  ["mask_token", "mask_token"],
  ["decoder_pos_embed", "decoder_pos_embed"],
  ...layerRules(["decoder_embed", "decoder_norm", "decoder_pred"].map((name) => [name, name])),
];

const anchor = "decoder_embed.weight";

/** MAE's decoder as facebookresearch/mae names it (models_mae.py), beside the encoder. */
export const maeDecoderKeys: KeyMap = createKeyMap({
  family: "MAE",
  anchor,
  rules: [...around, ...prefixRules("decoder_blocks.#.", "decoder_blocks.#.", timmBlock)],
  ignored: /^(cls_token|pos_embed|(patch_embed|blocks|norm|head|fc_norm)\..*)$/,
});

/** The same in transformers' ViTMAEForPreTraining. Its files call the blocks `decoder_layers.0`, but `decoder_encoder.layer.0` where transformers 5.24 wrote them. */
export const transformersDecoderKeys: KeyMap = createKeyMap({
  family: "transformers (ViTMAEForPreTraining)",
  anchor: `decoder.${anchor}`,
  rules: prefixRules("decoder.", "", [...around, ...["decoder_layers.#.", "decoder_encoder.layer.#."].flatMap((blocks) => prefixRules(blocks, "decoder_blocks.#.", transformersVitBlock))]),
  ignored: /^vit\./,
});
