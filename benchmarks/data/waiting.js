// --waiting: which share of a training's time it waits for its batches.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "@ssl-vit/bench";
import { machine } from "@ssl-vit/sitting/machine.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { cifarShards } from "./cifar-shards.js";
import { imageLibraries } from "./image-libraries.js";
import { sittingKeys } from "./sitting-keys.js";
import { sittingLine } from "./sitting-line.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Share of a training's time that may go in waiting. */
const LIMIT = 0.05;

/** Steps before those that count: the first waits for its batch in any case, and those after it find batches made ahead. */
const WARMUP = 6;

const BATCH = 64;

/** What is trained. Sittings from before they kept it were of the same. */
const trained = { data: "CIFAR-10 (JPEG)", model: "tiny", patchSize: 4, imageSize: 32 };

/** The ViT of a sitting, and what it saw. @param {Partial<typeof trained>} protocol @returns {{ vit: string, data: string }} */
export function trainedBy(protocol) {
  const { data, model, patchSize, imageSize } = { ...trained, ...protocol };
  return { vit: `ViT-${model === "tiny" ? "Ti" : model}/${patchSize} at ${imageSize} px`, data };
}

/** @param {number} share */
const percent = (share) => `${(share * 100).toFixed(2)} %`;

/**
 * What a run's log says of waiting: its share of all the time that counts, and the largest of a step.
 *
 * @param {string} log `metrics.jsonl` with every step
 */
export function waitingOf(log) {
  const steps = log.trim().split("\n").map((line) => JSON.parse(line)).slice(WARMUP);
  const seconds = steps.map(({ imagesPerSecond }) => BATCH / imagesPerSecond);
  const waited = steps.map(({ dataWaitShare }, step) => dataWaitShare * seconds[step]);
  const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);
  return { share: sum(waited) / sum(seconds), largest_share: Math.max(...steps.map(({ dataWaitShare }) => dataWaitShare)), ms: median(seconds) * 1000 };
}

/** @param {readonly Measurement[]} measurements @param {ReturnType<typeof machine>} where @param {{ batchSize: number } & Partial<typeof trained>} [protocol] this code's unless given */
export function waitingTable(measurements, where, protocol = { batchSize: BATCH, ...trained }) {
  const methods = [...new Set(measurements.map(({ method }) => method))];
  const rows = methods.map((method) => {
    const turns = measurements.filter((turn) => turn.method === method);
    const shares = turns.map(({ share }) => share);
    return [method, median(turns.map(({ ms }) => ms)).toFixed(0), percent(median(shares)), shares.map(percent).join(", "), percent(Math.max(...turns.map(({ largest_share: largest }) => largest)))];
  });
  const table = markdownTable([`${trainedBy(protocol).vit}, batch ${protocol.batchSize}`, "step ms", "waiting", "each round", "longest wait, share of its step"], rows);
  return `${sittingLine(where)}\n\n${table}`;
}

/** @param {readonly Measurement[]} measurements */
export function tooLong(measurements) {
  const bad = measurements.filter(({ share }) => share > LIMIT).map(({ method, share, round }) => `${method} ${percent(share)} in round ${round}`);
  return bad.length === 0 ? undefined : `waiting: expected at most ${percent(LIMIT)} of the time, received ${bad.join(", ")}.`;
}

/**
 * @param {{ methods: string[], workers: number[], rounds: number, steps: number, cifar: string }} options
 * @param {string} out where the runs go
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function waitingPlan({ methods, workers, rounds, steps, cifar }, out) {
  const where = machine();
  const { pattern } = cifarShards(cifar);
  const tasks = sittingKeys.waiting({ rounds, methods }).map(({ round, method }) => ({
    key: { round, method },
    measure: async (/** @type {AbortSignal} */ signal) => {
      const run = join(out, "runs", method);
      const sizes = ["--model", `vit-${trained.model}`, "--patch-size", String(trained.patchSize), "--image-size", String(trained.imageSize), "--batch-size", String(BATCH)];
      const amount = ["--steps", String(steps + WARMUP), "--log-every", "1", "--workers", workers.join()];
      await runSslVit(["pretrain", "--method", method, "--data", pattern, "--engine", "native", ...sizes, ...amount, "--out", run, "--overwrite"], signal);
      return waitingOf(readFileSync(join(run, "metrics.jsonl"), "utf8"));
    },
  }));
  return {
    name: "waiting",
    options: { methods, workers, rounds, steps, protocol: { batchSize: BATCH, warmup: WARMUP, ...trained }, ...imageLibraries() },
    prepare: () => Promise.resolve(tasks),
    table: (measurements) => waitingTable(measurements, where),
    line: ({ round, method, ms, share }) => `round ${round}: ${method}: ${ms.toFixed(0)} ms a step, ${percent(share)} of the time waiting`,
    problem: tooLong,
  };
}
