import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type LoggedSignals, type RunFacts, systemReason } from "@ssl-vit/core";
import { factsOf, recordOf } from "./read-facts.js";
import { readEnd, readLog, type RunEnd } from "./read-log.js";
import type { RunSignals } from "./run-signals.js";
import { stepsAnEpoch } from "./steps-an-epoch.js";

/** A run as its folder tells of it. */
export interface ReadRun {
  readonly run: RunSignals;
  /** What is not there or damaged, and so was not looked at; a sentence each. */
  readonly missing: readonly string[];
  /** `"unknown"`: the run is still being written, or was killed. */
  readonly state: RunEnd["state"];
}

const files = { config: "config.resolved.json", metrics: "metrics.jsonl", log: "train.log" } as const;

const noRun = (received: string): ConfigError =>
  new ConfigError({ package: "diagnose", what: "run", expected: `a run's folder, with ${files.config} or ${files.metrics}`, received, fix: "Give the folder that was --out of ssl-vit pretrain." });

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw noRun(`${folder}, which is ${code === "ENOENT" ? "not there" : code === "ENOTDIR" ? "no folder" : `not to be read (${systemReason(error)})`}`);
  }
}

/** The text of a file; undefined where there is none that can be read, which `missing` then tells. */
async function textOf(folder: string, name: string, entries: readonly string[], missing: string[], without: string): Promise<string | undefined> {
  if (!entries.includes(name)) {
    missing.push(`There is no ${name}: ${without}.`);
    return undefined;
  }
  try {
    return await readFile(join(folder, name), "utf8");
  } catch (error) {
    missing.push(`${name} cannot be read (${systemReason(error)}): ${without}.`);
    return undefined;
  }
}

const UNKNOWN_OPTIONS = "the method, its options and the optimizer are not known";

function configOf(text: string | undefined, missing: string[]): Readonly<Record<string, unknown>> {
  if (text === undefined) return {};
  try {
    const config = recordOf(JSON.parse(text));
    if (Object.keys(recordOf(config["run"])).length > 0) return config;
    missing.push(`${files.config} says nothing of a run: ${UNKNOWN_OPTIONS}.`);
  } catch {
    missing.push(`${files.config} is damaged: ${UNKNOWN_OPTIONS}.`);
  }
  return {};
}

/** Steps that the run is to have: as it logged them, or as it was asked for. */
function totalStepsOf(config: Readonly<Record<string, unknown>>, facts: RunFacts, logged: readonly LoggedSignals[]): number {
  const known = logged.findLast(({ totalSteps }) => totalSteps !== undefined)?.totalSteps;
  if (known !== undefined) return known;
  const { epochs, steps } = recordOf(config["length"]);
  if (typeof steps === "number") return steps;
  const asked = typeof epochs === "number" ? Math.round(epochs * stepsAnEpoch(facts)) : NaN;
  return Number.isFinite(asked) ? asked : logged.reduce((most, { step }) => Math.max(most, step), 0);
}

/**
 * Reads what a run's folder has of its signals, whatever state it is in: whole, of an older version, still being written, killed in the middle of a
 * line. Nothing of it is written or locked.
 *
 * @throws ConfigError for a folder that is not there, or is no run at all
 */
export async function readRun(folder: string): Promise<ReadRun> {
  const entries = await entriesOf(folder);
  if (![files.config, files.metrics, files.log].some((name) => entries.includes(name)) && !entries.includes("checkpoints")) {
    throw noRun(`${folder}, which has ${entries.length === 0 ? "nothing in it" : `other files (${entries.slice(0, 3).join(", ")}${entries.length > 3 ? ", …" : ""})`}`);
  }
  const missing: string[] = [];
  const config = configOf(await textOf(folder, files.config, entries, missing, UNKNOWN_OPTIONS), missing);
  const metrics = await textOf(folder, files.metrics, entries, missing, "there are no numbers to look at");
  const log = await textOf(folder, files.log, entries, missing, "it is not known how the run ended");
  const { logged, missing: damaged } = metrics === undefined ? { logged: [], missing: [] } : readLog(metrics);
  missing.push(...damaged);

  const end = readEnd(log ?? "");
  const hasFailure = logged.at(-1)?.failure !== undefined;
  const lastStep = logged.at(-1)?.step ?? 0;
  // Runs of older versions told of their errors in train.log alone.
  const failed = end.failure === undefined || hasFailure ? [] : [{ step: end.step ?? lastStep, failure: end.failure }];
  const facts = factsOf(config["run"]);
  const totalSteps = totalStepsOf(config, facts, logged);
  const isWhole = log === undefined && logged.length > 0 && lastStep >= totalSteps;
  const state = end.state !== "unknown" ? end.state : hasFailure ? "ended early" : isWhole ? "finished" : "unknown";
  const { precision } = recordOf(config["engine"]);
  return {
    run: { facts, totalSteps, precision: typeof precision === "string" ? precision : undefined, logged: [...logged, ...failed] },
    missing,
    state,
  };
}
