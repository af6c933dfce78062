import { ConfigError, type Encoder } from "@ssl-vit/core";
import type { VitConfig } from "@ssl-vit/vit";
import { isRecord } from "./config-fields.js";

/** Values of a tensor, row by row. */
export interface NamedValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** An encoder's tensors under their own names. */
export type EncoderValues = ReadonlyMap<string, NamedValues>;

/** Reads the variables of an encoder, or of something else, parameters and buffers. */
export async function variableValues({ parameters, buffers }: Pick<Encoder, "parameters" | "buffers">): Promise<EncoderValues> {
  const values = new Map<string, NamedValues>();
  for (const [name, variable] of Object.entries({ ...parameters, ...buffers })) values.set(name, { shape: variable.shape, values: (await variable.data()) as Float32Array });
  return values;
}

/**
 * The configuration of a Vision Transformer of ours.
 *
 * @throws ConfigError for another encoder
 */
export function vitConfigOf(encoder: Encoder): VitConfig {
  const { config, parameters }: Readonly<Record<string, unknown>> = isRecord(encoder) ? encoder : {};
  const isOurs = isRecord(config) && isRecord(parameters) && typeof config["embedDim"] === "number" && Array.isArray(config["imageSize"]) && "patch_embed.proj.weight" in parameters;
  if (isOurs) return config as unknown as VitConfig;
  throw new ConfigError({ package: "weights", what: "encoder", expected: "a Vision Transformer that vit or loadEncoder made", received: isRecord(parameters) ? `one of ${Object.keys(parameters).slice(0, 4).join(", ")}, …` : "something else" });
}

/** A tensor cut into parts of as many rows each. */
export function rowParts({ shape, values }: NamedValues, count: number): NamedValues[] {
  const [rows = 0, ...rest] = shape;
  const size = values.length / count;
  return Array.from({ length: count }, (_, part) => ({ shape: [rows / count, ...rest], values: values.subarray(part * size, (part + 1) * size) }));
}
