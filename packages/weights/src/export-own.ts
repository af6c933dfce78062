import type { VitConfig } from "@ssl-vit/vit";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { jsonText } from "./json-text.js";
import { preprocessorConfig } from "./preprocessor-config.js";
import type { EncoderValues } from "./variable-values.js";

/** An encoder as it is: its configuration, and its tensors under their own names, which are timm's. */
export function exportOwn(config: VitConfig, own: EncoderValues, { preprocessing }: ExportOptions): EncoderExport {
  return {
    config: { library: "ssl-vit", encoder: config },
    tensors: own,
    files: new Map([["preprocessor_config.json", jsonText(preprocessorConfig(preprocessing))]]),
    library: "ssl-vit",
  };
}
