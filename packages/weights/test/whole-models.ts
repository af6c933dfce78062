import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { formulaWeights } from "./formula-values.js";

/** Of [1, N, D]. Numbers are base64 of float32. */
export interface GoldenTable {
  readonly shape: readonly number[];
  readonly largest: number;
  /** Those of which `values` has every number, one behind the other. */
  readonly rows: readonly number[];
  readonly values: string;
  readonly means: string;
  readonly meanSquares: string;
}

/** A model as its library writes it, but for the values. */
export interface GoldenModel {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** By the file's names: the norm, the largest absolute value, and values at places that the formula gives. */
  readonly gradients: Readonly<Record<string, string>>;
}

/** What timm and transformers make of ViT-S/16: benchmarks/reference/whole_models.py. */
export const wholeModels = JSON.parse(readFileSync(new URL("golden/whole-models.json", import.meta.url), "utf8")) as {
  readonly imageShape: readonly [number, number, number, number];
  readonly encoders: Readonly<Record<string, GoldenModel & { readonly tokens: GoldenTable }>>;
  readonly maskedAutoencoder: GoldenModel & { readonly prediction: GoldenTable; readonly mask: string; readonly loss: number };
};

/** float32 numbers of the golden file. */
export const goldenNumbers = (text: string): Float32Array => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);

/** Writes the folder that the library would have written. */
export function writeModelFolder(folder: string, { config, tensors }: GoldenModel): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/config.json`, JSON.stringify(config));
  const filled = Object.entries(tensors).map(([name, shape]): [string, SafeTensor] => [name, { dtype: "F32", shape, data: formulaWeights(name, shape) }]);
  writeFileSync(`${folder}/model.safetensors`, encodeSafetensors(Object.fromEntries(filled), { format: "pt" }));
}
