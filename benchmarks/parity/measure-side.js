// One measurement: a recipe carried out on one side, and what the encoder is worth.
import { createHash } from "node:crypto";
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
 * @property {boolean} [isResumed] whether a training that an earlier sitting began goes on
 *
 * @typedef {object} Kept what is kept of a measurement before it is whole
 * @property {{ commit: string, versions: import("@ssl-vit/sitting/versions.js").Versions }} about what a training runs on: its code and versions, whatever they are when it is judged
 * @property {import("@ssl-vit/sitting/kept-part.js").KeepPart<any>} keepPart
 */

/** Both layers of every encoder: methods train the one or the other. */
const layers = /** @type {const} */ (["cls", "mean"]);

/** @param {Setting} setting @param {string} side @param {Training} training */
const folderOf = ({ out }, side, { method, seed }) => join(out, "runs", side, `${method.name}-${seed}`);

/** @param {Setting} setting @param {Training} training @param {Kept} kept @param {RunSslVit} run @param {AbortSignal} signal @returns {Promise<Measurement>} */
export async function measureOurs(setting, training, { about, keepPart }, run, signal) {
  const trained = await keepPart("trained", async () => ({ ...about, ...(await trainOurs(setting, training, about.commit, run, signal)) }));
  return { ...trained, ...(await evaluate({ checkpoint: folderOf(setting, "ours", training), layers, seed: training.seed }, setting.protocol, run, signal, keepPart)) };
}

/** @param {Setting} setting @param {Training} training @param {string} commit of the code @param {RunSslVit} run @param {AbortSignal} signal */
async function trainOurs(setting, training, commit, run, signal) {
  const { method, seed } = training;
  const out = folderOf(setting, "ours", training);
  const length = budgetOf(method, { imagesSeen: setting.imagesSeen, dataset: setting.trainImages.count });
  // A line a step, so that losses can be averaged.
  const runLogging = (/** @type {readonly string[]} */ parameters, /** @type {AbortSignal} */ stop) => run([...parameters, "--log-every", "1"], stop);
  const { steps, batch, images_seen: imagesSeen, seconds, cpu_seconds: cpuSeconds, assignments, engine, config } = await train(method, { ...length, data: setting.trainImages.path, seed, precision: "float32", out, isResumed: setting.isResumed === true, commit }, runLogging, signal);
  return {
    ...{ steps, batch, images_seen: imagesSeen, seconds, cpu_seconds: cpuSeconds, assignments, engine, config },
    ...{ trained_parameters: trainedParameters(out), losses: lossCurve(out) },
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

/** @param {Setting} setting @param {Training} training @param {Kept} kept @param {Python & { run: RunSslVit }} tools @param {AbortSignal} signal @returns {Promise<Measurement>} */
export async function measureTorch(setting, training, { about, keepPart }, { run, ...python }, signal) {
  const out = folderOf(setting, "torch", training);
  const trained = await keepPart("trained", async () => ({ ...about, ...(await trainTorch(setting, training, python, signal)) }));
  // A save that was cut off leaves its own.
  for (const name of ["state.pt", "state.pt.unfinished"]) rmSync(join(out, name), { force: true });
  return { ...trained, ...(await evaluate({ checkpoint: out, layers, seed: training.seed }, setting.protocol, run, signal, keepPart)) };
}

/** @param {Setting} setting @param {Training} training @param {Python} python @param {AbortSignal} signal */
async function trainTorch(setting, training, python, signal) {
  const { path, run: recipe, length } = configOf(setting, training);
  // What an earlier sitting saved there is for the script to judge: it goes on with the same training alone.
  const out = setting.isResumed === true ? folderOf(setting, "torch", training) : freshFolder(setting, "torch", training);
  mkdirSync(out, { recursive: true });
  const order = join(out, "order.json");
  writeFileSync(order, JSON.stringify(await imageOrder({ location: recipe.data.location, batchSize: recipe.batchSize, steps: length.steps, seed: recipe.seed })));
  const started = performance.now();
  const trained = await runPython(setting, python, "peer_train.py", [path, order, out], signal);
  // Of one that went on there is no time of the whole.
  const seconds = trained.resumed_from === undefined ? (performance.now() - started) / 1000 : undefined;
  return { config: configHash({ run: recipe, length }), seconds, ...trained, losses: lossCurve(out) };
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
 * @param {Setting} setting @param {Training} training @param {Kept["about"]} about @param {(name: string) => Kept["keepPart"]} partsOf by the start @param {RunSslVit} run @param {AbortSignal} signal @returns {Promise<Measurement>}
 */
export async function measureUntrained(setting, training, about, partsOf, run, signal) {
  const { encoder, views } = configOf(setting, training).run;
  const start = createHash("sha256").update(JSON.stringify([encoder, views.normalize])).digest("hex").slice(0, 8);
  const keepPart = partsOf(`untrained-${start}-${training.seed}`);
  const judgedOn = await keepPart("about", () => Promise.resolve(about));
  return { ...judgedOn, ...(await evaluate({ checkpoint: "random", like: folderOf(setting, "ours", training), layers, seed: training.seed }, setting.protocol, run, signal, keepPart)) };
}
