import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type Encoder, type Method, type ViewPolicy } from "@ssl-vit/core";
import { parseSchedule } from "@ssl-vit/optim";
import { loadEncoderWeights, loadMethodWeights, type RunConfig } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { loadMethod } from "./load-method.js";

/** A trained encoder, and how its images were normalised. */
export interface LoadedRun {
  readonly encoder: Encoder;
  readonly normalize: ViewPolicy["normalize"];
  readonly imageSize: number;
  readonly config: RunConfig;
  /** The checkpoint's name. */
  readonly checkpoint: string;
}

/**
 * The resolved configuration of a run.
 *
 * @throws ConfigError when the folder is not a run
 */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  try {
    return (JSON.parse(await readFile(join(folder, "config.resolved.json"), "utf8")) as { run: RunConfig }).run;
  } catch (error) {
    throw new ConfigError(
      { package: "cli", what: "--checkpoint", expected: "a run's folder, random or pixels", received: folder, fix: `It has no readable config.resolved.json (${(error as Error).message}).` },
      { cause: error },
    );
  }
}

/** The encoder of a run's newest checkpoint; the method's package is not needed. */
export async function loadRun(folder: string): Promise<LoadedRun> {
  const config = await readRunConfig(folder);
  const encoder = vit(config.encoder)("teacher");
  const checkpoint = await loadEncoderWeights(folder, encoder);
  return { encoder, normalize: config.views.normalize, imageSize: encoder.layout.imageSize[0], config, checkpoint };
}

/** The whole method of a run's newest checkpoint, with its heads and buffers. */
export async function loadRunMethod(folder: string): Promise<Method> {
  const { method: saved, encoder } = await readRunConfig(folder);
  const factory = await loadMethod(saved.name);
  const options = Object.entries(saved.options).map(([name, value]) => [name, typeof factory.defaults[name] === "function" ? parseSchedule(value as number) : value]);
  const method = factory(vit(encoder), Object.fromEntries(options) as Record<string, unknown>);
  await loadMethodWeights(folder, method);
  return method;
}
