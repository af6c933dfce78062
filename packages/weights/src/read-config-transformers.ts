import { mlpWidth } from "@ssl-vit/nn";
import { configFields, type ConfigFields } from "./config-fields.js";
import { dinov2Keys, transformersVitKeys } from "./key-map-transformers.js";
import type { ModelClaims } from "./model-claims.js";
import { readWritten } from "./read-written.js";

/** What transformers' configuration classes say where a file does not. */
interface Defaults {
  readonly patchSize: number;
  readonly layerNormEpsilon: number;
  readonly clsToken: boolean;
}

const vitDefaults: Readonly<Record<string, Defaults>> = {
  vit: { patchSize: 16, layerNormEpsilon: 1e-12, clsToken: true },
  vit_mae: { patchSize: 16, layerNormEpsilon: 1e-12, clsToken: true },
  vit_msn: { patchSize: 16, layerNormEpsilon: 1e-6, clsToken: true },
  ijepa: { patchSize: 16, layerNormEpsilon: 1e-12, clsToken: false },
};
const dinov2Types = ["dinov2", "dinov2_with_registers"];

/** Values of `model_type` whose models are read. */
const transformersTypes: readonly string[] = [...Object.keys(vitDefaults), ...dinov2Types];

/**
 * What the config.json of transformers (5.23, and 4) says of a model.
 *
 * @throws ConfigError for another type of model, an activation other than GELU, or a value of the wrong kind
 */
export function readTransformersConfig(values: Readonly<Record<string, unknown>>, file: string): ModelClaims {
  const fields = configFields(values, file);
  const type = fields.word("model_type", "");
  const written = fields.has("ssl_vit") ? { written: readWritten(values, "ssl_vit", file) } : {};
  if (dinov2Types.includes(type)) return { ...dinov2Claims(fields, type === "dinov2_with_registers"), ...written };
  const defaults = vitDefaults[type];
  if (defaults === undefined) return fields.refuse("model_type", `one of ${transformersTypes.join(", ")}`);
  assertGelu(fields);
  return {
    file,
    families: [transformersVitKeys],
    ...sizes(fields, defaults.patchSize),
    hiddenDim: { key: "intermediate_size", value: () => fields.whole("intermediate_size", 3072) },
    clsToken: { key: "model_type", value: defaults.clsToken },
    layerNormEpsilon: fields.positive("layer_norm_eps", defaults.layerNormEpsilon),
    positionInterpolation: "plain",
    fixedPositions: type === "vit_mae",
    ...written,
  };
}

function dinov2Claims(fields: ConfigFields, hasRegisters: boolean): ModelClaims {
  const mlp = fields.flag("use_swiglu_ffn", false) ? "swiglu" : "gelu";
  if (mlp === "gelu") assertGelu(fields);
  const ratio = fields.positive("mlp_ratio", 4);
  return {
    file: fields.file,
    families: [dinov2Keys(mlp)],
    ...sizes(fields, hasRegisters ? 16 : 14),
    mlp: { key: "use_swiglu_ffn", value: mlp },
    hiddenDim: { key: "mlp_ratio", value: ({ embedDim }) => mlpWidth({ dim: embedDim, mlpRatio: ratio, mlp }) },
    clsToken: { key: "model_type", value: true },
    registerTokens: { key: "num_register_tokens", value: hasRegisters ? fields.whole("num_register_tokens", 4) : 0 },
    layerScale: { key: "layerscale_value", value: fields.has("layerscale_value") ? fields.positive("layerscale_value", 1) : 1 },
    layerNormEpsilon: fields.positive("layer_norm_eps", 1e-6),
    positionInterpolation: hasRegisters ? "antialias" : "plain",
    prefixPositions: { key: "model_type", value: hasRegisters ? "cls" : true },
  };
}

function sizes(fields: ConfigFields, patchSize: number) {
  const [patchHeight, patchWidth] = fields.size("patch_size", patchSize);
  if (patchHeight !== patchWidth) fields.refuse("patch_size", "square patches");
  return {
    embedDim: { key: "hidden_size", value: fields.whole("hidden_size", 768) },
    depth: { key: "num_hidden_layers", value: fields.whole("num_hidden_layers", 12) },
    numHeads: { key: "num_attention_heads", value: fields.whole("num_attention_heads", 12) },
    patchSize: { key: "patch_size", value: patchHeight },
    channels: { key: "num_channels", value: fields.whole("num_channels", 3) },
    qkvBias: { key: "qkv_bias", value: fields.flag("qkv_bias", true) },
    imageSize: { key: "image_size", value: fields.size("image_size", 224) },
  };
}

/** Other activations are other functions: weights would load and be wrong. */
function assertGelu(fields: ConfigFields): void {
  if (fields.word("hidden_act", "gelu") !== "gelu") fields.refuse("hidden_act", '"gelu" (exact, by the error function)', "Other activations are not carried out here.");
}
