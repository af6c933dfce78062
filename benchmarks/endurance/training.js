// A training of the command in a process of its own, to be killed, filled up and compared.
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cli = fileURLToPath(new URL("../../packages/cli/bin/ssl-vit.js", import.meta.url));

/** Last lines of what the command said, for the message of its failure. */
const SHOWN = 12;

/**
 * @typedef {object} Training
 * @property {string} method
 * @property {string} data
 * @property {string} out
 * @property {number} steps
 * @property {number} saveEvery
 * @property {number} workers
 * @property {readonly string[]} [more] further options
 * @property {string} [preload] address of a module that is run before the command
 * @property {boolean} [resume]
 *
 * @typedef {{ code: number | null, endedBy: NodeJS.Signals | null, said: string }} End
 * @typedef {object} Started
 * @property {Promise<void>} firstStep fulfilled when a step is done, and at the end
 * @property {() => boolean} hasStepped whether a step is done
 * @property {Promise<End>} end rejected when the sitting is stopped
 * @property {(signal?: NodeJS.Signals) => void} kill `SIGKILL` unless named
 */

/** A model that takes milliseconds a step: what is proved does not depend on its size. */
const tiny = ["--batch-size", "16", "--set", "model.embedDim=32", "model.depth=2", "model.numHeads=2"];

/**
 * Options of a method without which a tiny model, few images or few steps would leave a part of it out.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const options = {
  swav: ["method.prototypes=16", "method.queueLength=32", "method.queueStartEpoch=0"],
  moco: ["method.hiddenDim=64"],
  dino: ["method.prototypes=32"],
  ibot: ["method.prototypes=32"],
};

/**
 * Starts a training. It is killed when `signal` says so, and when this process ends.
 *
 * @param {Training} training
 * @param {AbortSignal} signal
 * @returns {Started}
 */
export function startTraining({ method, data, out, steps, saveEvery, workers, more = [], preload, resume = false }, signal) {
  signal.throwIfAborted();
  const parameters = ["pretrain", "--method", method, "--data", data, "--out", out, "--steps", `${steps}`, "--save-every", `${saveEvery}`, "--workers", `${workers}`, "--log-every", "1"];
  const command = [...(preload === undefined ? [] : ["--import", preload]), cli, ...parameters, ...tiny, ...(options[method] ?? []), ...more, ...(resume ? ["--resume"] : [])];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => { child.kill("SIGKILL"); };
  signal.addEventListener("abort", kill);
  process.on("exit", kill);
  let said = "";
  const hasStepped = () => / step \d+\//.test(said);
  /** @type {() => void} */
  let tell = () => undefined;
  /** @type {Promise<void>} */
  const firstStep = new Promise((resolve) => { tell = resolve; });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (hasStepped()) tell();
  });
  /** @type {Promise<End>} */
  const end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      signal.removeEventListener("abort", kill);
      process.off("exit", kill);
      tell();
      if (signal.aborted) reject(/** @type {Error} */ (signal.reason));
      else resolve({ code, endedBy, said });
    });
  });
  // Nobody may be waiting for it when the sitting is stopped.
  end.catch(() => undefined);
  return { firstStep, hasStepped, end, kill: (name = "SIGKILL") => { child.kill(name); } };
}

/** Throws for a training that did not come to its end. @param {string} method @param {End} end */
export function assertFinished(method, { code, endedBy, said }) {
  if (code === 0) return;
  throw new Error(`[endurance] ${method} ended with ${endedBy ?? code}:\n${said.trim().split("\n").slice(-SHOWN).join("\n")}`);
}

/**
 * Trains to the end.
 *
 * @param {Training} training
 * @param {AbortSignal} signal
 * @returns what the command said
 */
export async function trainToTheEnd(training, signal) {
  const end = await startTraining(training, signal).end;
  assertFinished(training.method, end);
  return end.said;
}

/** True where a run was begun: `--resume` finds it. @param {string} out */
export const isRun = (out) => existsSync(join(out, "config.resolved.json"));

/** True where a checkpoint was being written. @param {string} out */
export const hasHalfCheckpoint = (out) => existsSync(join(out, "checkpoints")) && readdirSync(join(out, "checkpoints")).some((name) => name.endsWith(".tmp"));
