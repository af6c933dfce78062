import { ConfigError } from "@ssl-vit/core";
import type { VitConfig } from "@ssl-vit/vit";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { transformersConfig } from "./export-transformers.js";
import { jsonText } from "./json-text.js";
import { encodeOnnx } from "./onnx-file.js";
import { onnxVit } from "./onnx-vit.js";
import { preprocessorConfig } from "./preprocessor-config.js";
import type { EncoderValues } from "./variable-values.js";

/**
 * An encoder as transformers.js, and every runtime of ONNX, runs it: onnx/model.onnx beside the configuration of transformers, of which transformers.js looks up the class
 * alone, so that an encoder which no class can be is written all the same.
 *
 * @throws ConfigError for another type than F32, and for more weights than such a file holds
 */
export async function exportOnnx(config: VitConfig, own: EncoderValues, { preprocessing, model, attentions = false, dtype }: ExportOptions): Promise<EncoderExport> {
  if (dtype !== "F32") throw new ConfigError({ package: "weights", what: "dtype", expected: "F32 for format onnx", received: dtype, fix: "Make onnx/model_fp16.onnx or onnx/model_quantized.onnx of it with onnxruntime's tools." });
  const { values, isClass } = transformersConfig(config, own, model);
  return {
    config: values,
    files: new Map<string, string | Uint8Array>([
      ["onnx/model.onnx", await encodeOnnx(onnxVit(config, own, attentions))],
      ["preprocessor_config.json", jsonText(preprocessorConfig(preprocessing))],
    ]),
    notes: [
      `Images of ${config.imageSize.join(" x ")} pixels alone; as many at a time as you like.`,
      ...(isClass ? [] : [`No class of transformers is this network: config.json names ${(values["architectures"] as readonly string[])[0]!}, which has the same tokens, for transformers.js, which runs onnx/model.onnx whatever it names.`]),
    ],
    library: "transformers.js",
  };
}
