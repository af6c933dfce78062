import type { Encoder } from "@ssl-vit/core";
import { assertOneOf } from "./assert-one-of.js";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { exportOnnx } from "./export-onnx.js";
import { exportOwn } from "./export-own.js";
import { exportTimm } from "./export-timm.js";
import { exportTransformers } from "./export-transformers.js";
import { assertFinite, assertFolderOptions, code, type FolderOptions, folderFiles } from "./folder-files.js";
import { completePreprocessing } from "./preprocessing.js";
import { variableValues, vitConfigOf } from "./variable-values.js";

/** Forms that an encoder is written in. */
const forms = { hf: exportTransformers, timm: exportTimm, safetensors: exportOwn, onnx: exportOnnx } as const;

/** A name in `forms`: `"hf"`, `"timm"`, `"safetensors"`, `"onnx"`. */
export type EncoderFormat = keyof typeof forms;

/** Options of `encoderFiles` and `saveEncoder`. */
export interface EncoderFilesOptions extends FolderOptions, Pick<ExportOptions, "model" | "changeEpsilon" | "attentions"> {
  /** `"hf"`: for transformers and transformers.js; `"timm"`: for `timm.create_model("local-dir:…")`; `"safetensors"`: as it is, for ssl-vit; `"onnx"`: for transformers.js and runtimes of ONNX. */
  readonly format: EncoderFormat;
}

/** Values of `model`. */
const models: readonly NonNullable<ExportOptions["model"]>[] = ["dinov2", "vit"];

/**
 * The files of a folder that holds an encoder: config.json, model.safetensors or onnx/model.onnx, preprocessor_config.json, README.md. Nothing is written, so this runs in a
 * browser too. Fixed positions are stored like learned ones.
 *
 * @throws ConfigError for an encoder that the form has no words for, an option that is none (a format, type of numbers or class that does not exist, preprocessing that no
 *   image can have, a file's name outside the folder or of the export's own), and an encoder with weights that are no finite numbers
 */
export async function encoderFiles(encoder: Encoder, options: EncoderFilesOptions): Promise<ReadonlyMap<string, string | Uint8Array>> {
  assertFolderOptions(options);
  const { format, card = {}, files = {}, preprocessing: given = {}, dtype = "F32", model, ...others } = options;
  assertOneOf("format", format, Object.keys(forms));
  if (model !== undefined) assertOneOf("model", model, models, (model as string) === "vit-mae" ? "An encoder with MAE's decoder is written by saveMaskedAutoencoder." : undefined);
  const config = vitConfigOf(encoder);
  const preprocessing = completePreprocessing(given, config.imageSize, config.channels, { where: "preprocessing" });
  const own = await variableValues(encoder);
  assertFinite("encoder", own);
  const exported = await forms[format](config, own, { preprocessing, dtype, model, ...others });
  return folderFiles(exported, { layout: encoder.layout, preprocessing, isPreprocessingGiven: given.mean !== undefined, dtype, card, files, what: "encoder", usage: usages[format](exported) });
}

/** Code for the card, by form. */
const usages: Readonly<Record<EncoderFormat, (exported: EncoderExport) => string>> = {
  hf: ({ config }) =>
    code("python", [
      "from transformers import AutoImageProcessor, AutoModel",
      'processor = AutoImageProcessor.from_pretrained("FOLDER")',
      `model = AutoModel.from_pretrained("FOLDER")  # ${(config["architectures"] as readonly string[])[0]!}`,
      'tokens = model(**processor(images=image, return_tensors="pt")).last_hidden_state',
    ]),
  timm: () => code("python", ["import timm", 'model = timm.create_model("local-dir:FOLDER", pretrained=True)', "tokens = model.forward_features(images)  # [B, N, D]"]),
  safetensors: () => code("ts", ['import { loadEncoder } from "@ssl-vit/weights";', 'const encoder = await loadEncoder("FOLDER");', "const tokens = encoder.encode(images); // [B, N, D]"]),
  onnx: () =>
    code("js", [
      'import { pipeline } from "@huggingface/transformers";',
      'const extract = await pipeline("image-feature-extraction", "FOLDER", { dtype: "fp32" });',
      "const tokens = await extract(image); // [1, N, D]",
      "const feature = await extract(image, { pool: true }); // [1, D]",
    ]),
};
