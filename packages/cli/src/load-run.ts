import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type Encoder, type Method } from "@ssl-vit/core";
import { parseSchedule } from "@ssl-vit/optim";
import { loadEncoderWeights, loadMethodWeights, locateCheckpoint, readRunConfig, type RunConfig, type SavedRun } from "@ssl-vit/trainer";
import { vit } from "@ssl-vit/vit";
import { warn } from "./console-output.js";
import { loadMethod } from "./load-method.js";

/** A run's encoder. */
export interface LoadedRun {
  readonly encoder: Encoder;
  readonly config: RunConfig;
  /** As it was asked for. */
  readonly length: SavedRun["length"];
  /** The checkpoint's name. */
  readonly checkpoint: string;
}

/**
 * The resolved configuration of the run that a path belongs to.
 *
 * @throws ConfigError when it belongs to none
 */
export async function configOf(path: string): Promise<RunConfig> {
  return (await savedRunOf(path)).run;
}

async function savedRunOf(path: string): Promise<SavedRun> {
  const { folder } = await locateCheckpoint(path);
  if (existsSync(join(folder, "config.resolved.json"))) return readRunConfig(folder);
  const received = existsSync(path) ? `${path}, which has no config.resolved.json` : `${path}, which is not there`;
  throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run's folder or one of its checkpoints", received });
}

/** The encoder of a run's newest checkpoint, or of the one named; the method's package is not needed. */
export async function loadRun(path: string, weights: "last" | "average" = "last"): Promise<LoadedRun> {
  const { run: config, length } = await savedRunOf(path);
  const encoder = vit(config.encoder)("teacher");
  const checkpoint = await loadEncoderWeights(path, encoder, { weights, onDamaged: warn });
  return { encoder, config, length, checkpoint };
}

/** The path of the very checkpoint that was loaded from a path: a run that still trains may have saved another since. */
export async function pinnedCheckpoint(path: string, { checkpoint }: Pick<LoadedRun, "checkpoint">): Promise<string> {
  return join((await locateCheckpoint(path)).folder, "checkpoints", checkpoint);
}

/** The whole method of such a checkpoint, with its heads and buffers. */
export async function loadRunMethod(path: string): Promise<Method> {
  const { method: saved, encoder } = await configOf(path);
  const factory = await loadMethod(saved.name);
  const options = Object.entries(saved.options).map(([name, value]) => [name, typeof factory.defaults[name] === "function" ? parseSchedule(value as number) : value]);
  const method = factory(vit(encoder), Object.fromEntries(options) as Record<string, unknown>);
  await loadMethodWeights(path, method, { onDamaged: warn });
  return method;
}
