import { ConfigError } from "@ssl-vit/core";
import type { VitConfig } from "@ssl-vit/vit";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { jsonText } from "./json-text.js";
import { mlpRatioOf } from "./mlp-ratio.js";
import { preprocessorConfig, timmPreprocessing } from "./preprocessor-config.js";
import type { EncoderValues } from "./variable-values.js";
import { withZeroRows } from "./with-zero-rows.js";

/** timm's architectures to start from: every size is given as an argument, so that any would do. */
const architectures: readonly (readonly [embedDim: number, name: string])[] = [
  [192, "vit_tiny_patch16_224"],
  [384, "vit_small_patch16_224"],
  [768, "vit_base_patch16_224"],
  [1024, "vit_large_patch16_224"],
  [1280, "vit_huge_patch14_224"],
];

/** Of every layer normalisation. transformers' ViT has 1e-12 for weights that were trained with this one. */
const EPSILON = 1e-6;

/**
 * An encoder as `timm.create_model("local-dir:FOLDER", pretrained=True)` loads it. Names are the same; no weight is changed. A SwiGLU perceptron is that of timm's giant
 * DINOv2, whose LayerScale is then 1 where ours has none; registers without positions beside a [CLS] token with one get positions of 0.
 *
 * @throws ConfigError for an ε larger than timm's
 */
export function exportTimm(config: VitConfig, own: EncoderValues, { preprocessing, changeEpsilon = false }: ExportOptions): EncoderExport {
  const { layerNormEpsilon, embedDim, channels, clsToken } = config;
  if (layerNormEpsilon > EPSILON && !changeEpsilon) {
    const fix = 'Write it as "hf" or "safetensors", or say changeEpsilon: true; tokens differ in timm then.';
    throw new ConfigError({ package: "weights", what: "format timm", expected: "layerNormEpsilon 1e-6, which timm's models always have, or less", received: String(layerNormEpsilon), fix });
  }
  const isGated = config.mlp === "swiglu";
  const near = architectures.find(([width]) => width === embedDim)?.[1] ?? "vit_base_patch16_224";
  return {
    config: {
      architecture: isGated ? "vit_giant_patch14_dinov2" : near,
      num_classes: 0,
      num_features: embedDim,
      global_pool: clsToken ? "token" : "avg",
      model_args: modelArguments(config, own),
      pretrained_cfg: {
        custom_load: false,
        ...timmPreprocessing(preprocessing),
        input_size: [channels, ...config.imageSize],
        fixed_input_size: true,
        num_classes: 0,
        pool_size: null,
        // Other numbers of channels than 1 and 3 would be taken for those of other weights.
        first_conv: channels === 1 || channels === 3 ? "patch_embed.proj" : null,
        classifier: "head",
      },
      ssl_vit: config,
    },
    tensors: placed(config, own),
    files: new Map([["preprocessor_config.json", jsonText(preprocessorConfig(preprocessing))]]),
    ...(layerNormEpsilon === EPSILON ? {} : { notes: [`Its normalisations have an ε of ${layerNormEpsilon}, in timm 1e-6: tokens differ slightly there.`] }),
    library: "timm",
  };
}

/** Registers have positions in timm where [CLS] has one. */
const placesRegisters = ({ clsToken, registerTokens, prefixPositions }: VitConfig): boolean => clsToken && registerTokens > 0 && prefixPositions === "cls";

function modelArguments(config: VitConfig, own: EncoderValues): Readonly<Record<string, unknown>> {
  const { imageSize, patchSize, channels, embedDim, depth, numHeads, qkvBias, clsToken, registerTokens, layerScale, prefixPositions, mlp } = config;
  const hidden = own.get("blocks.0.mlp.fc1.weight")!.shape[0]!;
  const hasPrefix = clsToken || registerTokens > 0;
  return {
    img_size: imageSize,
    patch_size: patchSize,
    ...(channels === 3 ? {} : { in_chans: channels }),
    embed_dim: embedDim,
    depth,
    num_heads: numHeads,
    // timm rounds down.
    mlp_ratio: mlpRatioOf(hidden, embedDim),
    ...(qkvBias ? {} : { qkv_bias: false }),
    ...(layerScale === undefined ? (mlp === "swiglu" ? { init_values: 1 } : {}) : { init_values: layerScale }),
    ...(clsToken ? {} : { class_token: false, global_pool: "avg", fc_norm: false }),
    ...(registerTokens > 0 ? { reg_tokens: registerTokens } : {}),
    ...(hasPrefix && prefixPositions === false ? { no_embed_class: true } : {}),
  };
}

function placed(config: VitConfig, own: EncoderValues): EncoderValues {
  const { embedDim, depth, layerScale, registerTokens, mlp } = config;
  const tensors = new Map(own);
  if (mlp === "swiglu" && layerScale === undefined) {
    for (let index = 0; index < depth; index++) {
      for (const name of ["ls1", "ls2"]) tensors.set(`blocks.${index}.${name}.gamma`, { shape: [embedDim], values: new Float32Array(embedDim).fill(1) });
    }
  }
  if (placesRegisters(config)) tensors.set("pos_embed", withZeroRows(own.get("pos_embed")!, 1, registerTokens));
  return tensors;
}
