// One measurement: a recipe carried out on one side, and what the encoder is worth.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { budgetOf } from "@ssl-vit/quality/budget.js";
import { evaluate } from "@ssl-vit/quality/evaluate.js";
import { configHash, train } from "@ssl-vit/quality/train.js";
import { runForJson } from "@ssl-vit/sitting/run-for-json.js";
import { tellingSteps } from "@ssl-vit/sitting/tell-progress.js";
import { imageOrder } from "./image-order.js";
import { writeReplayInputs } from "./replay-inputs.js";
import { lossCurve, stepDifferences, trainedParameters } from "./run-files.js";

const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** Steps that are taken again, at the most: their views are on the disk meanwhile, a gigabyte of DINO's. */
const REPLAYED = 100;

/**
 * @typedef {import("@ssl-vit/sitting/run-ssl-vit.js").RunSslVit} RunSslVit
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ method: import("@ssl-vit/quality/installed-methods.js").InstalledMethod, seed: number }} Training
 * @typedef {object} Setting what is the same for all measurements
 * @property {{ path: string, count: number }} trainImages
 * @property {import("@ssl-vit/quality/evaluate.js").Protocol} protocol
 * @property {number} imagesSeen
 * @property {number} threads
 * @property {string} out
 */

/** Both layers of every encoder: methods train the one or the other. */
const layers = /** @type {const} */ (["cls", "mean"]);

/** @param {Setting} setting @param {string} side @param {Training} training */
const folderOf = ({ out }, side, { method, seed }) => join(out, "runs", side, `${method.name}-${seed}`);

/** @param {Setting} setting @param {Training} training @param {RunSslVit} run @param {AbortSignal} signal @returns {Promise<Measurement>} */
export async function measureOurs(setting, training, run, signal) {
  const { method, seed } = training;
  const out = folderOf(setting, "ours", training);
  const length = budgetOf(method, { imagesSeen: setting.imagesSeen, dataset: setting.trainImages.count });
  // A line a step, so that losses can be averaged.
  const runLogging = (/** @type {readonly string[]} */ parameters, /** @type {AbortSignal} */ stop) => run([...parameters, "--log-every", "1"], stop);
  const { steps, batch, images_seen: imagesSeen, seconds, cpu_seconds: cpuSeconds, assignments, engine, config } = await train(method, { ...length, data: setting.trainImages.path, seed, precision: "float32", out }, runLogging, signal);
  return {
    ...{ steps, batch, images_seen: imagesSeen, seconds, cpu_seconds: cpuSeconds, assignments, engine, config },
    ...{ trained_parameters: trainedParameters(out), losses: lossCurve(out) },
    ...(await evaluate({ checkpoint: out, layers, seed }, setting.protocol, run, signal)),
  };
}

/** The configuration of our run, from which the other side takes the recipe. @param {Setting} setting @param {Training} training */
function configOf(setting, training) {
  const path = join(folderOf(setting, "ours", training), "config.resolved.json");
  try {
    return { path, ...JSON.parse(readFileSync(path, "utf8")) };
  } catch (error) {
    throw new Error(`[parity] ${training.method.name}, seed ${training.seed}: expected our run's ${path}, received none that can be read. Measure ours first, with the same --out.`, { cause: error });
  }
}

/** @param {Setting} setting @param {string} side @param {Training} training an empty folder for a side's run */
function freshFolder(setting, side, training) {
  const folder = folderOf(setting, side, training);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @typedef {{ python: string, tell: import("@ssl-vit/sitting/tell-progress.js").Tell }} Python an environment, and what is told of a script that runs in it */

/** @param {Setting} setting @param {Python} python @param {string} script of this folder @param {readonly string[]} parameters @param {AbortSignal} signal */
function runPython({ threads }, { python, tell }, script, parameters, signal) {
  tell(script);
  return runForJson(python, [here(script), ...parameters, "--threads", String(threads)], { benchmark: "parity", environment: { OMP_NUM_THREADS: String(threads) }, signal, onLine: tellingSteps(script, tell) });
}

/** @param {Setting} setting @param {Training} training @param {Python & { run: RunSslVit }} tools @param {AbortSignal} signal @returns {Promise<Measurement>} */
export async function measureTorch(setting, training, { run, ...python }, signal) {
  const { path, run: recipe, length } = configOf(setting, training);
  const out = freshFolder(setting, "torch", training);
  const order = join(out, "order.json");
  writeFileSync(order, JSON.stringify(await imageOrder({ location: recipe.data.location, batchSize: recipe.batchSize, steps: length.steps, seed: recipe.seed })));
  const started = performance.now();
  const trained = await runPython(setting, python, "peer_train.py", [path, order, out], signal);
  const seconds = (performance.now() - started) / 1000;
  return { config: configHash({ run: recipe, length }), seconds, ...trained, losses: lossCurve(out), ...(await evaluate({ checkpoint: out, layers, seed: training.seed }, setting.protocol, run, signal)) };
}

/** Our run's first steps in PyTorch, with nothing left to chance. @param {Setting} setting @param {Training} training @param {Python} python @param {AbortSignal} signal @returns {Promise<Measurement>} */
export async function measureReplay(setting, training, python, signal) {
  const { path, run, length } = configOf(setting, training);
  const out = freshFolder(setting, "replay", training);
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-replay-"));
  try {
    const epoch = Math.floor(setting.trainImages.count / run.batchSize);
    python.tell("writing views and masks");
    await writeReplayInputs(run, { packageName: training.method.packageName, steps: Math.min(length.steps, epoch, REPLAYED), totalSteps: length.steps, folder, signal });
    await runPython(setting, python, "peer_replay.py", [path, folder, out], signal);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return stepDifferences(out, folderOf(setting, "ours", training));
}

/**
 * The encoder before its first step. Methods with the same ViT and normalisation share it.
 *
 * @param {Setting} setting @param {Training} training @param {Map<string, Measurement>} known those that are measured @param {RunSslVit} run @param {AbortSignal} signal @returns {Promise<Measurement>}
 */
export async function measureUntrained(setting, training, known, run, signal) {
  const { encoder, views } = configOf(setting, training).run;
  const start = JSON.stringify([training.seed, encoder, views.normalize]);
  const measured = known.get(start) ?? (await evaluate({ checkpoint: "random", like: folderOf(setting, "ours", training), layers, seed: training.seed }, setting.protocol, run, signal));
  known.set(start, measured);
  return measured;
}
