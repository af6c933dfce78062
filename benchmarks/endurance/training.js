// A training of the command in a process of its own, to be killed, filled up and compared.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
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
 * @property {boolean} [resume]
 *
 * @typedef {{ code: number | null, endedBy: NodeJS.Signals | null, said: string }} End
 * @typedef {{ firstStep: Promise<void>, end: Promise<End>, kill(): void }} Started `firstStep` is fulfilled when a step is done, and at the end
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

/** @param {Training} training @returns {Started} */
export function startTraining({ method, data, out, steps, saveEvery, workers, more = [], resume = false }) {
  const parameters = ["pretrain", "--method", method, "--data", data, "--out", out, "--steps", `${steps}`, "--save-every", `${saveEvery}`, "--workers", `${workers}`, "--log-every", "1"];
  const child = spawn(process.execPath, [cli, ...parameters, ...tiny, ...(options[method] ?? []), ...more, ...(resume ? ["--resume"] : [])], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  /** @type {() => void} */
  let tell = () => undefined;
  /** @type {Promise<void>} */
  const firstStep = new Promise((resolve) => { tell = resolve; });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (/ step \d+\//.test(said)) tell();
  });
  /** @type {Promise<End>} */
  const end = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, endedBy) => {
      tell();
      resolve({ code, endedBy, said });
    });
  });
  return { firstStep, end, kill: () => { child.kill("SIGKILL"); } };
}

/** Trains to the end. @param {Training} training */
export async function trainToTheEnd(training) {
  const { code, endedBy, said } = await startTraining(training).end;
  if (code === 0) return said;
  throw new Error(`[endurance] ${training.method} ended with ${endedBy ?? code}:\n${said.trim().split("\n").slice(-SHOWN).join("\n")}`);
}

/** Names of a run's whole checkpoints, the oldest first. @param {string} out */
export const checkpointsOf = (out) => (existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")).filter((name) => name.startsWith("step-")).sort() : []);

/** True where a checkpoint was being written. @param {string} out */
export const hasHalfCheckpoint = (out) => existsSync(join(out, "checkpoints")) && readdirSync(join(out, "checkpoints")).some((name) => name.endsWith(".tmp"));

/**
 * sha256 of the newest checkpoint's tensors: weights, heads, teacher, buffers, optimizer.
 *
 * @param {string} out
 */
export function sumsOf(out) {
  const name = checkpointsOf(out).at(-1);
  if (name === undefined) throw new Error(`[endurance] ${out}: expected a checkpoint, received none.`);
  const sums = ["model.safetensors", "training.safetensors"].map((file) => createHash("sha256").update(readFileSync(join(out, "checkpoints", name, file))).digest("hex"));
  return [name, ...sums].join(" ");
}
