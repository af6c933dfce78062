import { timmKeys } from "./key-map-timm.js";
import type { ModelClaims } from "./model-claims.js";
import { readWritten } from "./read-written.js";

/**
 * What this project's folders say of an encoder: its configuration (`encoder.config`) as the value of `key`, of an export's config.json or of a run's
 * config.resolved.json.
 *
 * @throws ConfigError when it is none, or a number in it is of the wrong kind
 */
export function readOwnConfig(values: Readonly<Record<string, unknown>>, key: string, file: string): ModelClaims {
  const written = readWritten(values, key, file);
  const { embedDim = 192, depth = 12, numHeads = 3, patchSize = 4, channels = 3, qkvBias = true, clsToken = true, registerTokens = 0, layerScale = false, mlp = "gelu", imageSize = 32, prefixPositions = true, layerNormEpsilon = 1e-6 } = written;
  return {
    file: `${file}: ${key}`,
    families: [timmKeys],
    embedDim: { key: "embedDim", value: embedDim },
    depth: { key: "depth", value: depth },
    numHeads: { key: "numHeads", value: numHeads },
    patchSize: { key: "patchSize", value: patchSize },
    channels: { key: "channels", value: channels },
    qkvBias: { key: "qkvBias", value: qkvBias },
    clsToken: { key: "clsToken", value: clsToken },
    registerTokens: { key: "registerTokens", value: registerTokens },
    layerScale: { key: "layerScale", value: layerScale },
    mlp: { key: "mlp", value: mlp },
    imageSize: { key: "imageSize", value: typeof imageSize === "number" ? [imageSize, imageSize] : imageSize },
    prefixPositions: { key: "prefixPositions", value: prefixPositions },
    layerNormEpsilon,
    written,
  };
}
