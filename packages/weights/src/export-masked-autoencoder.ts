import { ConfigError } from "@ssl-vit/core";
import type { VitConfig } from "@ssl-vit/vit";
import type { EncoderExport } from "./encoder-export.js";
import { json, renamed, sharedFields, withClsPosition } from "./export-transformers.js";
import { transformersDecoderKeys } from "./key-map-decoder.js";
import { transformersVitKeys } from "./key-map-transformers.js";
import type { Preprocessing } from "./preprocessing.js";
import { preprocessorConfig } from "./preprocessor-config.js";
import type { EncoderValues } from "./variable-values.js";

/** What no tensor of a masked autoencoder tells. */
export interface MaskedAutoencoderFacts {
  /** Attention heads of the decoder. */
  readonly decoderHeads: number;
  /** ε of the decoder's normalisations. Default 1e-6, as in @ssl-vit/mae. */
  readonly decoderEpsilon?: number;
  /** Share of the patches that is masked. */
  readonly maskRatio: number;
  /** Whether patches are predicted normalised by their own mean and deviation. */
  readonly normalizeTarget: boolean;
}

/**
 * A masked autoencoder as transformers' `ViTMAEForPreTraining`.
 *
 * @param own the encoder's tensors
 * @param decoder the decoder's, named as in `models_mae.py`
 * @throws ConfigError naming what the class does not have
 */
export function exportMaskedAutoencoder(config: VitConfig, own: EncoderValues, decoder: EncoderValues, facts: MaskedAutoencoderFacts, preprocessing: Preprocessing): EncoderExport {
  const tensors = config.prefixPositions === false ? new Map([...own, ["pos_embed", withClsPosition(own.get("pos_embed")!)]]) : own;
  const reasons = reasonsAgainst(config, decoder, facts);
  if (reasons.length > 0) throw new ConfigError({ package: "weights", what: "masked autoencoder", expected: "one that transformers' ViTMAEForPreTraining can be", received: reasons.join("; "), fix: "Write its encoder alone, by saveEncoder." });
  const [decoderDim] = decoder.get("decoder_embed.weight")!.shape;
  return {
    config: {
      architectures: ["ViTMAEForPreTraining"],
      model_type: "vit_mae",
      ...sharedFields(config),
      intermediate_size: own.get("blocks.0.mlp.fc1.weight")!.shape[0],
      decoder_hidden_size: decoderDim,
      decoder_num_hidden_layers: [...decoder.keys()].filter((name) => /^decoder_blocks\.\d+\.norm1\.weight$/.test(name)).length,
      decoder_num_attention_heads: facts.decoderHeads,
      decoder_intermediate_size: decoder.get("decoder_blocks.0.mlp.fc1.weight")!.shape[0],
      mask_ratio: facts.maskRatio,
      norm_pix_loss: facts.normalizeTarget,
      torch_dtype: "float32",
      ssl_vit: config,
    },
    tensors: new Map([
      ...[...tensors].flatMap(([name, value]) => renamed(transformersVitKeys, name, value).map(([theirs, part]) => [`vit.${theirs}`, part] as const)),
      ...[...decoder].flatMap(([name, value]) => renamed(transformersDecoderKeys, name, value)),
    ]),
    files: new Map([["preprocessor_config.json", json(preprocessorConfig(preprocessing))]]),
    notes: ["transformers' ViTMAEModel and AutoModel mask and shuffle the patches of every image, with mask_ratio 0 as well: features come from the export of the encoder alone."],
    library: "transformers",
  };
}

/** What the class cannot say. */
function reasonsAgainst({ clsToken, registerTokens, layerScale, mlp, imageSize, layerNormEpsilon, qkvBias }: VitConfig, decoder: EncoderValues, { decoderEpsilon = 1e-6 }: MaskedAutoencoderFacts): string[] {
  const decoderBias = decoder.has("decoder_blocks.0.attn.qkv.bias");
  return [
    ...(clsToken ? [] : ["no [CLS] token"]),
    ...(registerTokens > 0 ? ["registers"] : []),
    ...(layerScale === undefined ? [] : ["LayerScale"]),
    ...(mlp === "swiglu" ? ["SwiGLU"] : []),
    ...(imageSize[0] === imageSize[1] ? [] : [`images of ${imageSize.join(" x ")}`]),
    ...(layerNormEpsilon === decoderEpsilon ? [] : [`an encoder with ε ${layerNormEpsilon} and a decoder with ${decoderEpsilon}`]),
    ...(qkvBias === decoderBias ? [] : [`biases of queries, keys and values in ${qkvBias ? "the encoder" : "the decoder"} alone`]),
  ];
}
