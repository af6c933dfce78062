import type { VitOptions } from "@ssl-vit/vit";
import { configFields, isRecord } from "./config-fields.js";
import { timmKeys } from "./key-map-timm.js";
import type { ModelClaims } from "./model-claims.js";

/**
 * What this project's folders say of an encoder: its configuration (`encoder.config`) as the value of `key`, of an export's config.json or of a run's
 * config.resolved.json.
 *
 * @throws ConfigError when it is none, or a number in it is of the wrong kind
 */
export function readOwnConfig(values: Readonly<Record<string, unknown>>, key: string, file: string): ModelClaims {
  const written = values[key];
  if (!isRecord(written)) return configFields(values, file).refuse(key, "the configuration of an encoder");
  const fields = configFields(written, `${file}: ${key}`);
  const { prefixPositions, registerTokens = 0 } = written as VitOptions;
  const mlp = fields.word("mlp", "gelu");
  return {
    file: fields.file,
    families: [timmKeys],
    embedDim: { key: "embedDim", value: fields.whole("embedDim", 192) },
    depth: { key: "depth", value: fields.whole("depth", 12) },
    numHeads: { key: "numHeads", value: fields.whole("numHeads", 3) },
    patchSize: { key: "patchSize", value: fields.whole("patchSize", 4) },
    channels: { key: "channels", value: fields.whole("channels", 3) },
    qkvBias: { key: "qkvBias", value: fields.flag("qkvBias", true) },
    clsToken: { key: "clsToken", value: fields.flag("clsToken", true) },
    registerTokens: { key: "registerTokens", value: registerTokens === 0 ? 0 : fields.whole("registerTokens", 0) },
    layerScale: { key: "layerScale", value: fields.has("layerScale") ? fields.positive("layerScale", 1) : false },
    mlp: { key: "mlp", value: mlp === "gelu" || mlp === "swiglu" ? mlp : fields.refuse("mlp", "gelu or swiglu") },
    imageSize: { key: "imageSize", value: fields.size("imageSize", 32) },
    prefixPositions: { key: "prefixPositions", value: prefixPositions ?? true },
    layerNormEpsilon: fields.positive("layerNormEpsilon", 1e-6),
    written,
  };
}
