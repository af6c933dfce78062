import { ConfigError, type EncoderLayout } from "@ssl-vit/core";
import { encodeSafetensors, type FloatType, fromFloat32, type SafeTensor } from "@ssl-vit/safetensors";
import type { EncoderExport } from "./encoder-export.js";
import { json } from "./export-transformers.js";
import { firstNonFinite } from "./first-non-finite.js";
import { modelCard, type ModelCardFacts } from "./model-card.js";
import type { Preprocessing } from "./preprocessing.js";
import type { EncoderValues } from "./variable-values.js";

/** What every folder of weights may be told. */
export interface FolderOptions {
  /** How the model wants its images; what is not given is the usual one (ImageNet's statistics, bicubic). */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How numbers are written. Default `"F32"`, which changes none; the others are half as large. */
  readonly dtype?: FloatType;
  /** What the model card tells. */
  readonly card?: ModelCardFacts;
  /** More files to put beside, by name: `training_args.json`, `metrics.jsonl`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

/** What `folderFiles` puts around an export. */
interface Folder extends Required<FolderOptions> {
  readonly layout: EncoderLayout;
  readonly preprocessing: Preprocessing;
  /** Whether the normalisation was given, or is the usual one. */
  readonly isPreprocessingGiven: boolean;
  /** Code for the card. */
  readonly usage: string;
}

/** An export as files by name: its weights, its configuration, and its model card. */
export function folderFiles(exported: EncoderExport, { dtype, card, files, ...subject }: Folder): ReadonlyMap<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ...(exported.tensors === undefined ? [] : [["model.safetensors", encode(exported.tensors, dtype)] as const]),
    ...[...(exported.besides ?? [])].map(([name, tensors]) => [name, encode(tensors, dtype)] as const),
    ...exported.files,
    ["README.md", modelCard(card, { ...subject, library: exported.library, notes: exported.notes ?? [] })],
    ...Object.entries(files),
    // Last: a folder with a configuration is whole.
    ["config.json", json("torch_dtype" in exported.config ? { ...exported.config, torch_dtype: torchTypes[dtype] } : exported.config)],
  ]);
}

/** transformers' words for them. */
const torchTypes: Readonly<Record<FloatType, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** Where half precision rounds to infinity. */
const HALF_OVERFLOW = 65520;

function encode(tensors: EncoderValues, dtype: FloatType): Uint8Array {
  const entries = [...tensors].map(([name, { shape, values }]): [string, SafeTensor] => {
    const tooLarge = dtype === "F16" ? values.find((value) => Math.abs(value) >= HALF_OVERFLOW) : undefined;
    if (tooLarge !== undefined) throw new ConfigError({ package: "weights", what: `encoder: ${name}`, expected: `numbers below ${HALF_OVERFLOW} for dtype F16`, received: String(tooLarge), fix: "Write BF16 or F32." });
    return [name, { dtype, shape, data: fromFloat32(dtype, values) }];
  });
  return encodeSafetensors(Object.fromEntries(entries), { format: "pt" });
}

/**
 * Refuses weights that are no finite numbers.
 *
 * @throws ConfigError naming the tensor
 */
export function assertFinite(tensors: EncoderValues): void {
  for (const [name, { values }] of tensors) {
    const index = firstNonFinite(values);
    if (index >= 0) throw new ConfigError({ package: "weights", what: `encoder: ${name}`, expected: "finite numbers", received: String(values[index]), fix: "Its training diverged; there is nothing to export." });
  }
}

/** A block of code in Markdown. */
export const code = (language: string, lines: readonly string[]): string => `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;
