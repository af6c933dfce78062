import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { begunOrNew } from "@ssl-vit/sitting/begun-or-new.js";
import { PRESET } from "./installed-methods.js";

/** @param {unknown} value */
const keyOf = (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);

/** Of the whole configuration, wherever the images lie. @param {{ run: Record<string, any>, length: unknown }} config */
export const configHash = ({ run, length }) => keyOf({ ...run, data: { ...run["data"], location: undefined }, length });

/** @param {string} folder */
function lastReport(folder) {
  const last = readFileSync(join(folder, "metrics.jsonl"), "utf8").trim().split("\n").at(-1) ?? "";
  return JSON.parse(last);
}

/**
 * What a run's folder says of it. `config` tells recipes apart: the same one has the same hash. `random` and `pixels` are keys of its baselines: runs with the same ViT, image size and normalisation share them.
 *
 * @param {string} folder
 */
export function describeRun(folder) {
  const { run, about, length } = JSON.parse(readFileSync(join(folder, "config.resolved.json"), "utf8"));
  const vit = { ...run.encoder };
  // Of all seeds alike: a baseline is told by its seed as well.
  delete vit.seed;
  const { normalize } = run.views;
  const { loss, metrics } = lastReport(folder);
  return {
    config: configHash({ run, length }),
    vit,
    random: keyOf({ vit, normalize }),
    pixels: keyOf({ imageSize: vit.imageSize, normalize }),
    loss,
    embedding_deviation: metrics.embeddingDeviation,
    engine: { name: about.engine.name, threads: about.engine.threads, precision: about.engine.precision },
    versions: about.versions,
  };
}

/**
 * Trains a method with its small preset through the command.
 *
 * @param {import("./installed-methods.js").InstalledMethod} method
 * @param {{ steps: number, assignments?: readonly string[], data: string, seed: number, precision: string, out: string, isResumed?: boolean, commit?: string }} options
 * @param {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} run @param {AbortSignal} signal
 */
export async function train({ packageName, preset }, { steps, assignments = [], data, seed, precision, out, isResumed = false, commit }, run, signal) {
  const parameters = [
    ...["pretrain", "--method", packageName, "--preset", PRESET, "--data", data, "--steps", String(steps)],
    ...["--seed", String(seed), "--precision", precision, "--out", out],
    ...(assignments.length === 0 ? [] : ["--set", ...assignments]),
  ];
  const { seconds, cpuSeconds, maxRssMb } = await begunOrNew(parameters, { folder: out, isResumed, commit }, run, signal);
  const imagesSeen = steps * preset.batchSize;
  return {
    ...{ package: packageName, preset: PRESET, steps, batch: preset.batchSize, assignments },
    ...{ images_seen: imagesSeen, memory_mb: Math.round(maxRssMb) },
    ...(seconds === undefined ? {} : { seconds, cpu_seconds: cpuSeconds, images_per_second: imagesSeen / seconds }),
    ...describeRun(out),
  };
}
