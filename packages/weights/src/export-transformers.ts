import { ConfigError } from "@ssl-vit/core";
import { mlpWidth } from "@ssl-vit/nn";
import type { VitConfig } from "@ssl-vit/vit";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { jsonText } from "./json-text.js";
import type { KeyMap } from "./key-map.js";
import { dinov2Keys, transformersVitKeys } from "./key-map-transformers.js";
import { preprocessorConfig } from "./preprocessor-config.js";
import { REGISTERS_FILE } from "./registers-file.js";
import { type EncoderValues, type NamedValues, rowParts } from "./variable-values.js";

/** Classes of transformers that an encoder can be written as. */
type TransformersModel = "dinov2" | "dinov2_with_registers" | "vit" | "ijepa";

/** Fields that the configuration of each class has. */
export function sharedFields({ imageSize: [height, width], embedDim, depth, numHeads, layerNormEpsilon, patchSize, channels, qkvBias }: VitConfig): Readonly<Record<string, unknown>> {
  return {
    hidden_size: embedDim,
    num_hidden_layers: depth,
    num_attention_heads: numHeads,
    hidden_act: "gelu",
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
    layer_norm_eps: layerNormEpsilon,
    image_size: height === width ? height : [height, width],
    patch_size: patchSize,
    num_channels: channels,
    qkv_bias: qkvBias,
  };
}

/**
 * An encoder as transformers and transformers.js have it: `Dinov2Model` with LayerScale of 1 where ours has none (its pooler is the normed [CLS] token, it takes
 * images of other sizes by itself), `Dinov2WithRegistersModel`, `IJepaModel` without [CLS], `ViTModel` for what DINOv2's classes cannot say. Names are the ones of
 * files, which version 4 and 5 load. No weight is changed, but registers that have positions: theirs are the sum. A `ViTModel` gets a pooler that gives the normed
 * [CLS] token as it is, so that none is made at random.
 *
 * @throws ConfigError naming what no class of transformers has
 */
export function exportTransformers(config: VitConfig, own: EncoderValues, { preprocessing, model: wanted }: ExportOptions): EncoderExport {
  const { model, reasons } = chooseModel(config, wanted);
  if (model === undefined) throw new ConfigError({ package: "weights", what: "format hf", expected: "an encoder that a class of transformers can be", received: reasons.join("; "), fix: 'Write it as "timm", "onnx" or "safetensors".' });
  const keys = model === "vit" || model === "ijepa" ? transformersVitKeys : dinov2Keys(config.mlp ?? "gelu");
  const { tensors, besides } = placed(config, own, model);
  return {
    config: configOf(config, model, own),
    tensors: new Map([...tensors].flatMap(([name, value]) => placeless(name, value) ?? renamed(keys, name, value))),
    files: new Map([["preprocessor_config.json", jsonText(preprocessorConfig(preprocessing))]]),
    ...(besides === undefined ? {} : { besides: new Map([[REGISTERS_FILE, besides]]) }),
    library: "transformers",
  };
}

/** Tensors that no encoder of ours has. */
function placeless(name: string, value: NamedValues): [string, NamedValues][] | undefined {
  if (name === "mask_token") return [["embeddings.mask_token", value]];
  return name.startsWith("pooler.") ? [[name, value]] : undefined;
}

/**
 * One of our tensors under their names, in as many parts as they have it in.
 *
 * @throws ConfigError for a tensor that they have no name for: left out, the file would be of another network
 */
export function renamed(keys: KeyMap, name: string, value: NamedValues): [string, NamedValues][] {
  const names = keys.toTheirs(name);
  if (names.length === 0) throw new ConfigError({ package: "weights", what: `tensor ${name}`, expected: `one that ${keys.family} has a name for`, received: `shape [${value.shape.join(", ")}]`, fix: 'Write the encoder as "safetensors".' });
  return rowParts(value, names.length).map((part, index) => [names[index]!, part]);
}

/** A whole number that makes the hidden width that this encoder has: DINOv2's configuration takes no other. */
function wholeRatio({ embedDim, mlpRatio, mlp }: VitConfig): number | undefined {
  const width = (ratio: number): number => mlpWidth({ dim: embedDim, mlpRatio: ratio, mlp });
  const whole = Math.round(mlpRatio);
  return whole >= 1 && width(whole) === width(mlpRatio) ? whole : undefined;
}

/** What the blocks and tokens of transformers' ViT classes cannot have. */
export const partsBeyondVit = ({ registerTokens, layerScale, mlp }: VitConfig): string[] => [
  ...(registerTokens > 0 ? ["registers"] : []),
  ...(layerScale === undefined ? [] : ["LayerScale"]),
  ...(mlp === "swiglu" ? ["SwiGLU"] : []),
];

/** The class that an encoder can be, or why none. */
function chooseModel(config: VitConfig, wanted: ExportOptions["model"]): { readonly model?: TransformersModel; readonly reasons: readonly string[] } {
  const { clsToken, registerTokens, imageSize } = config;
  const beyondVit = partsBeyondVit(config);
  const beyondDinov2 = [
    ...(clsToken ? [] : ["no [CLS] token"]),
    ...(imageSize[0] === imageSize[1] ? [] : [`images of ${imageSize.join(" x ")} (its positions are a square's)`]),
    ...(wholeRatio(config) === undefined ? [`mlpRatio ${config.mlpRatio} (its configuration takes whole numbers)`] : []),
  ];
  if (wanted !== "vit" && beyondDinov2.length === 0) return { model: registerTokens > 0 ? "dinov2_with_registers" : "dinov2", reasons: [] };
  if (wanted !== "dinov2" && beyondVit.length === 0) return { model: clsToken ? "vit" : "ijepa", reasons: [] };
  return { reasons: [...(wanted === "vit" ? [] : [`Dinov2Model cannot have ${beyondDinov2.join(", ")}`]), ...(wanted === "dinov2" ? [] : [`${clsToken ? "ViTModel" : "IJepaModel"} cannot have ${beyondVit.join(", ")}`])] };
}

/** The encoder's tensors with those that the class always has, and positions where it has them. */
function placed(config: VitConfig, own: EncoderValues, model: TransformersModel): { readonly tensors: EncoderValues; readonly besides?: EncoderValues } {
  const { embedDim, registerTokens, layerScale, depth, prefixPositions, clsToken } = config;
  const tensors = new Map(own);
  if (model === "dinov2" || model === "dinov2_with_registers") {
    tensors.set("mask_token", { shape: [1, embedDim], values: new Float32Array(embedDim) });
    for (const name of layerScale === undefined ? Array.from({ length: 2 * depth }, (_, index) => `blocks.${index >> 1}.ls${(index % 2) + 1}.gamma`) : []) {
      tensors.set(name, { shape: [embedDim], values: new Float32Array(embedDim).fill(1) });
    }
  }
  if (model === "vit") {
    const identity = new Float32Array(embedDim ** 2);
    for (let index = 0; index < embedDim; index++) identity[index * (embedDim + 1)] = 1;
    tensors.set("pooler.dense.weight", { shape: [embedDim, embedDim], values: identity });
    tensors.set("pooler.dense.bias", { shape: [embedDim], values: new Float32Array(embedDim) });
  }
  const positions = own.get("pos_embed")!;
  if (prefixPositions === false && clsToken) {
    tensors.set("pos_embed", withClsPosition(positions));
    return { tensors };
  }
  if (registerTokens === 0 || prefixPositions !== true) return { tensors };
  const end = (1 + registerTokens) * embedDim;
  const registers = own.get("reg_token")!;
  const ofRegisters: NamedValues = { shape: [1, registerTokens, embedDim], values: positions.values.subarray(embedDim, end) };
  tensors.set("reg_token", { shape: registers.shape, values: registers.values.map((value, index) => value + ofRegisters.values[index]!) });
  tensors.set("pos_embed", stacked({ shape: [1, 1, embedDim], values: positions.values.subarray(0, embedDim) }, { shape: [1, positions.shape[1]! - 1 - registerTokens, embedDim], values: positions.values.subarray(end) }));
  return { tensors, besides: new Map([["reg_token", registers], ["register_positions", ofRegisters]]) };
}

/** Positions of patches behind one of [CLS] that is 0: [1, P, D] → [1, 1 + P, D]. */
export const withClsPosition = (positions: NamedValues): NamedValues => stacked({ shape: [1, 1, positions.shape[2]!], values: new Float32Array(positions.shape[2]!) }, positions);

/** [1, K, D] and [1, N, D] → [1, K + N, D]. */
function stacked(first: NamedValues, second: NamedValues): NamedValues {
  const values = new Float32Array(first.values.length + second.values.length);
  values.set(first.values);
  values.set(second.values, first.values.length);
  return { shape: [1, first.shape[1]! + second.shape[1]!, first.shape[2]!], values };
}

/**
 * The configuration alone, for programs that only look its class up.
 *
 * @returns `isClass` false where no class can be this encoder: then that of the one with the same tokens
 */
export function transformersConfig(config: VitConfig, own: EncoderValues, wanted: ExportOptions["model"]): { readonly values: Readonly<Record<string, unknown>>; readonly isClass: boolean } {
  const { model } = chooseModel(config, wanted);
  const alike = !config.clsToken ? "ijepa" : config.registerTokens > 0 ? "dinov2_with_registers" : "dinov2";
  return { values: configOf(config, model ?? alike, own), isClass: model !== undefined };
}

function configOf(config: VitConfig, model: TransformersModel, own: EncoderValues): Readonly<Record<string, unknown>> {
  const { patchSize, registerTokens, layerScale = 1, mlp } = config;
  const shared = sharedFields(config);
  const last = { torch_dtype: "float32", ssl_vit: config };
  if (model === "vit" || model === "ijepa") {
    const architectures = [model === "vit" ? "ViTModel" : "IJepaModel"];
    return { architectures, model_type: model, ...shared, intermediate_size: own.get("blocks.0.mlp.fc1.weight")!.shape[0], ...(model === "vit" ? { encoder_stride: patchSize, pooler_act: "linear" } : {}), ...last };
  }
  return {
    architectures: [model === "dinov2" ? "Dinov2Model" : "Dinov2WithRegistersModel"],
    model_type: model,
    ...shared,
    mlp_ratio: wholeRatio(config) ?? config.mlpRatio,
    layerscale_value: layerScale,
    drop_path_rate: 0,
    use_swiglu_ffn: mlp === "swiglu",
    ...(model === "dinov2" ? { use_mask_token: true } : { num_register_tokens: registerTokens }),
    ...last,
  };
}
