import { configFields, type ConfigFields, isRecord } from "./config-fields.js";
import { timmKeys } from "./key-map-timm.js";
import type { ModelClaims } from "./model-claims.js";
import { readWritten } from "./read-written.js";

type Values = Readonly<Record<string, unknown>>;

/** Arguments of timm's `VisionTransformer` that change nothing here: heads, drop rates, starts, other sizes in flight. */
const harmless = ["global_pool", "num_classes", "fc_norm", "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "weight_init", "fix_init", "dynamic_img_size", "strict_img_size", "pretrained", "num_features"];
const understood = ["img_size", "patch_size", "in_chans", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias", "init_values", "class_token", "no_embed_class", "reg_tokens", "act_layer"];

/**
 * What a timm folder says of its model: the config.json that timm saves for the hub and for `local-dir:` (`architecture`, `model_args`,
 * `pretrained_cfg`), or `{"library": "timm"}` with the arguments of its `VisionTransformer`.
 *
 * @throws ConfigError for an architecture that is no plain Vision Transformer, and for an argument that makes it another network
 */
export function readTimmConfig(values: Values, file: string): ModelClaims {
  if (values["architecture"] === undefined) {
    const given = Object.fromEntries(Object.entries(values).filter(([key]) => key !== "library"));
    return claimsOf(configFields(given, file), given, true);
  }
  const fields = configFields(values, file);
  const architecture = fields.word("architecture", "");
  if (!/^(vit|deit|deit3|flexivit)_/.test(architecture) || /quickgelu|so400m|giantopt|distilled|patch32_siglip_gap_256|large_patch16_siglip_gap_512/.test(architecture)) {
    fields.refuse("architecture", "a plain Vision Transformer of timm (vit_…, deit_…, flexivit_…)", "Other networks are not carried out here.");
  }
  const given = isRecord(values["model_args"]) ? values["model_args"] : {};
  const pretrained = isRecord(values["pretrained_cfg"]) ? values["pretrained_cfg"] : values;
  const inputSize = pretrained["input_size"];
  const [, height, width] = (Array.isArray(inputSize) ? inputSize : []) as readonly unknown[];
  const written = fields.has("ssl_vit") ? readWritten(values, "ssl_vit", file) : undefined;
  return {
    ...(architecture.startsWith("vit_base_patch16_gap") ? { numHeads: { key: "architecture", value: 16 } } : {}),
    ...claimsOf(configFields(given, `${file}: model_args`), given, false),
    ...(typeof height === "number" && typeof width === "number" ? { likelyImageSize: [height, width] as const } : {}),
    ...(written === undefined ? {} : { written, ...(written.layerNormEpsilon === undefined ? {} : { layerNormEpsilon: written.layerNormEpsilon }) }),
  };
}

/** @param isWhole whether what is not given is timm's default, not the architecture's */
function claimsOf(fields: ConfigFields, given: Values, isWhole: boolean): ModelClaims {
  for (const [key, value] of Object.entries(given)) {
    const changesNothing = value === null || value === false || value === "" || harmless.includes(key) || (key === "pos_embed" && value === "learn") || (key === "final_norm" && value === true);
    if (!understood.includes(key) && !changesNothing) fields.refuse(key, `one of ${understood.join(", ")}`, "It makes another network, which is not carried out here.");
  }
  if (!/^(gelu|silu)$/.test(fields.word("act_layer", "gelu"))) fields.refuse("act_layer", '"gelu"', "Other activations are not carried out here.");
  const claim = <Value>(key: string, read: () => Value): { readonly key: string; readonly value: Value } | undefined =>
    isWhole || fields.has(key) ? { key, value: read() } : undefined;
  const entries: { readonly [Name in keyof ModelClaims]?: ModelClaims[Name] | undefined } = {
    embedDim: claim("embed_dim", () => fields.whole("embed_dim", 768)),
    depth: claim("depth", () => fields.whole("depth", 12)),
    numHeads: claim("num_heads", () => fields.whole("num_heads", 12)),
    patchSize: claim("patch_size", () => squarePatch(fields)),
    channels: claim("in_chans", () => fields.whole("in_chans", 3)),
    hiddenDim: claim("mlp_ratio", () => {
      const ratio = fields.positive("mlp_ratio", 4);
      return ({ embedDim, mlp }) => Math.floor(embedDim * ratio) / (mlp === "swiglu" ? 2 : 1);
    }),
    qkvBias: claim("qkv_bias", () => fields.flag("qkv_bias", true)),
    clsToken: claim("class_token", () => fields.flag("class_token", true)),
    registerTokens: claim("reg_tokens", () => (given["reg_tokens"] === 0 ? 0 : fields.has("reg_tokens") ? fields.whole("reg_tokens", 0) : 0)),
    layerScale: claim("init_values", () => (fields.has("init_values") ? fields.positive("init_values", 1) : false)),
    imageSize: claim("img_size", () => fields.size("img_size", 224)),
    prefixPositions: claim("no_embed_class", () => !fields.flag("no_embed_class", false)),
  };
  return { file: fields.file, families: [timmKeys], layerNormEpsilon: 1e-6, ...Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) };
}

function squarePatch(fields: ConfigFields): number {
  const [height, width] = fields.size("patch_size", 16);
  return height === width ? height : fields.refuse("patch_size", "square patches");
}
