import { ConfigError, type EncoderLayout } from "@ssl-vit/core";
import { encodeSafetensors, type FloatType, fromFloat32, type SafeTensor } from "@ssl-vit/safetensors";
import { assertOneOf } from "./assert-one-of.js";
import { isRecord } from "./config-fields.js";
import type { EncoderExport } from "./encoder-export.js";
import { firstNonFinite } from "./first-non-finite.js";
import { jsonText } from "./json-text.js";
import { modelCard, type ModelCardFacts } from "./model-card.js";
import type { Preprocessing } from "./preprocessing.js";
import { valueText } from "./value-text.js";
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
  /** What the weights are of, in messages. */
  readonly what: string;
  /** Code for the card. */
  readonly usage: string;
}

/**
 * Refuses options that are none, before anything is made of them.
 *
 * @throws ConfigError naming the option
 */
export function assertFolderOptions(options: unknown): void {
  if (!isRecord(options)) throw new ConfigError({ package: "weights", what: "options", expected: "an object", received: valueText(options) });
  const { dtype, ...others } = options;
  if (dtype !== undefined) assertOneOf("dtype", dtype, Object.keys(torchTypes));
  for (const name of ["preprocessing", "card", "files"]) {
    if (others[name] !== undefined && !isRecord(others[name])) throw new ConfigError({ package: "weights", what: name, expected: "an object", received: valueText(others[name]) });
  }
}

/**
 * An export as files by name: its weights, its configuration, and its model card.
 *
 * @throws ConfigError for a file beside them that has one of their names or lies outside the folder
 */
export function folderFiles(exported: EncoderExport, { dtype, card, files, what, ...subject }: Folder): ReadonlyMap<string, string | Uint8Array> {
  const own = new Map<string, string | Uint8Array>([
    ...(exported.tensors === undefined ? [] : [["model.safetensors", encode(what, exported.tensors, dtype)] as const]),
    ...[...(exported.besides ?? [])].map(([name, tensors]) => [name, encode(what, tensors, dtype)] as const),
    ...exported.files,
    ["README.md", modelCard(card, { ...subject, library: exported.library, notes: exported.notes ?? [], purpose: exported.purpose })],
  ]);
  const config = jsonText("torch_dtype" in exported.config ? { ...exported.config, torch_dtype: torchTypes[dtype] } : exported.config);
  assertBeside(files, [...own.keys(), "config.json"]);
  // Last: a folder with a configuration is whole.
  return new Map([...own, ...Object.entries(files), ["config.json", config]]);
}

/** Refuses what would be written elsewhere than beside the export's own files. */
function assertBeside(files: Readonly<Record<string, unknown>>, own: readonly string[]): void {
  const refuse = (expected: string, received: string): never => {
    throw new ConfigError({ package: "weights", what: "files", expected, received });
  };
  const taken = new Set(own.map((name) => name.toLowerCase()));
  for (const [name, content] of Object.entries(files)) {
    // As any system may read it: either slash parts folders, a drive has a colon, and some do not tell a from A.
    const parts = name.split(/[/\\]/);
    if (parts.some((part) => part === "" || part === "." || part === "..") || /^[a-z]:/i.test(name)) refuse("names of files in the folder", JSON.stringify(name));
    if (taken.has(parts.join("/").toLowerCase())) refuse(`other names than ${own.join(", ")}, which the export writes`, name);
    if (typeof content !== "string" && !(content instanceof Uint8Array)) refuse(`text or bytes for ${name}`, valueText(content));
  }
}

/** transformers' words for them. */
const torchTypes: Readonly<Record<FloatType, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** Where half precision rounds to infinity. */
const HALF_OVERFLOW = 65520;

function encode(what: string, tensors: EncoderValues, dtype: FloatType): Uint8Array {
  const entries = [...tensors].map(([name, { shape, values }]): [string, SafeTensor] => {
    const tooLarge = dtype === "F16" ? values.find((value) => Math.abs(value) >= HALF_OVERFLOW) : undefined;
    if (tooLarge !== undefined) throw new ConfigError({ package: "weights", what: `${what}: ${name}`, expected: `numbers below ${HALF_OVERFLOW} for dtype F16`, received: String(tooLarge), fix: "Write BF16 or F32." });
    return [name, { dtype, shape, data: fromFloat32(dtype, values) }];
  });
  return encodeSafetensors(Object.fromEntries(entries), { format: "pt" });
}

/**
 * Refuses weights that are no finite numbers.
 *
 * @param what they are of
 * @throws ConfigError naming the tensor
 */
export function assertFinite(what: string, tensors: EncoderValues): void {
  for (const [name, { values }] of tensors) {
    const index = firstNonFinite(values);
    if (index >= 0) throw new ConfigError({ package: "weights", what: `${what}: ${name}`, expected: "finite numbers", received: String(values[index]), fix: "Its training diverged; there is nothing to export." });
  }
}

/** A block of code in Markdown. */
export const code = (language: string, lines: readonly string[]): string => `\`\`\`${language}\n${lines.join("\n")}\n\`\`\``;
