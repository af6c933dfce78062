import { ConfigError, type Encoder, nearest } from "@ssl-vit/core";
import { encodeSafetensors, type FloatType, fromFloat32, type SafeTensor } from "@ssl-vit/safetensors";
import type { EncoderExport, ExportOptions } from "./encoder-export.js";
import { exportOnnx } from "./export-onnx.js";
import { exportOwn } from "./export-own.js";
import { exportTimm } from "./export-timm.js";
import { exportTransformers, json } from "./export-transformers.js";
import { firstNonFinite } from "./first-non-finite.js";
import { modelCard, type ModelCardFacts } from "./model-card.js";
import { completePreprocessing, type Preprocessing } from "./preprocessing.js";
import { type EncoderValues, variableValues, vitConfigOf } from "./variable-values.js";

/** Forms that an encoder is written in. */
const forms = { hf: exportTransformers, timm: exportTimm, safetensors: exportOwn, onnx: exportOnnx } as const;

/** A name in `forms`: `"hf"`, `"timm"`, `"safetensors"`, `"onnx"`. */
export type EncoderFormat = keyof typeof forms;

/** Options of `encoderFiles` and `saveEncoder`. */
export interface EncoderFilesOptions extends Pick<ExportOptions, "model" | "changeEpsilon" | "attentions"> {
  /** `"hf"`: for transformers and transformers.js; `"timm"`: for `timm.create_model("local-dir:…")`; `"safetensors"`: as it is, for ssl-vit; `"onnx"`: for transformers.js and runtimes of ONNX. */
  readonly format: EncoderFormat;
  /** How the model wants its images; what is not given is the usual one (ImageNet's statistics, bicubic). */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How numbers are written. Default `"F32"`, which changes none; the others are half as large. */
  readonly dtype?: FloatType;
  /** What the model card tells. */
  readonly card?: ModelCardFacts;
  /** More files to put beside, by name: `training_args.json`, `metrics.jsonl`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/**
 * The files of a folder that holds an encoder: config.json, model.safetensors or onnx/model.onnx, preprocessor_config.json, README.md. Nothing is written, so this runs in a
 * browser too. Fixed positions are stored like learned ones.
 *
 * @throws ConfigError for an encoder that the form has no words for, a format that does not exist, and an encoder with weights that are no finite numbers
 */
export async function encoderFiles(encoder: Encoder, { format, card = {}, files = {}, preprocessing: given = {}, dtype = "F32", ...options }: EncoderFilesOptions): Promise<ReadonlyMap<string, string | Uint8Array>> {
  if (!Object.hasOwn(forms, format)) {
    const meant = nearest(format, Object.keys(forms));
    throw new ConfigError({ package: "weights", what: "format", expected: `one of ${Object.keys(forms).join(", ")}`, received: format, ...(meant === undefined ? {} : { fix: `Did you mean "${meant}"?` }) });
  }
  const config = vitConfigOf(encoder);
  const preprocessing = completePreprocessing(given, config.imageSize, config.channels);
  const own = await variableValues(encoder);
  assertFinite(own);
  const exported = await forms[format](config, own, { preprocessing, dtype, ...options });
  const subject = { layout: encoder.layout, preprocessing, isPreprocessingGiven: given.mean !== undefined, library: exported.library, notes: exported.notes ?? [], usage: usages[format](exported) };
  return new Map<string, string | Uint8Array>([
    ...(exported.tensors === undefined ? [] : [["model.safetensors", encode(exported.tensors, dtype)] as const]),
    ...[...(exported.besides ?? [])].map(([name, tensors]) => [name, encode(tensors, dtype)] as const),
    ...exported.files,
    ["README.md", modelCard(card, subject)],
    ...Object.entries(files),
    // Last: a folder with a configuration is whole.
    ["config.json", json("torch_dtype" in exported.config ? { ...exported.config, torch_dtype: torchTypes[dtype] } : exported.config)],
  ]);
}

/** transformers' words for them. */
const torchTypes: Readonly<Record<FloatType, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

function encode(tensors: EncoderValues, dtype: FloatType): Uint8Array {
  const entries = [...tensors].map(([name, { shape, values }]): [string, SafeTensor] => {
    const tooLarge = dtype === "F16" ? values.find((value) => Math.abs(value) >= HALF_OVERFLOW) : undefined;
    if (tooLarge !== undefined) throw new ConfigError({ package: "weights", what: `encoder: ${name}`, expected: `numbers below ${HALF_OVERFLOW} for dtype F16`, received: String(tooLarge), fix: "Write BF16 or F32." });
    return [name, { dtype, shape, data: fromFloat32(dtype, values) }];
  });
  return encodeSafetensors(Object.fromEntries(entries), { format: "pt" });
}

/** Where half precision rounds to infinity. */
const HALF_OVERFLOW = 65520;

function assertFinite(tensors: EncoderValues): void {
  for (const [name, { values }] of tensors) {
    const index = firstNonFinite(values);
    if (index >= 0) throw new ConfigError({ package: "weights", what: `encoder: ${name}`, expected: "finite numbers", received: String(values[index]), fix: "Its training diverged; there is nothing to export." });
  }
}

const code = (language: string, lines: readonly string[]): string => `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;

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
