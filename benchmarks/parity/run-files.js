// What both sides leave in a run's folder.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors } from "@ssl-vit/safetensors";

/** Parts that a training's losses are averaged in. */
const PARTS = 10;

/** Steps in which rounding has not grown yet. */
const FIRST = 10;

/** @param {readonly number[]} values */
const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The steps in the metrics.jsonl of either side, which has a line a step.
 *
 * @param {string} folder
 * @returns {{ loss: number, gradientNorm: number }[]}
 */
function loggedSteps(folder) {
  const lines = readFileSync(join(folder, "metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  return lines.filter(({ loss }) => typeof loss === "number");
}

/** Mean loss of each tenth of a training's steps. @param {string} folder @returns {number[]} */
export function lossCurve(folder) {
  const losses = loggedSteps(folder).map(({ loss }) => loss);
  const parts = Math.min(PARTS, losses.length);
  return Array.from({ length: parts }, (_, part) => meanOf(losses.slice(Math.floor((part * losses.length) / parts), Math.floor(((part + 1) * losses.length) / parts))));
}

/**
 * How far the steps of one folder are from the same steps of another: the largest differences as shares of the others' values.
 *
 * @param {string} folder with some first steps @param {string} other with at least as many
 */
export function stepDifferences(folder, other) {
  const [steps, others] = [loggedSteps(folder), loggedSteps(other)];
  const largest = (/** @type {"loss" | "gradientNorm"} */ name, /** @type {number} */ count) => Math.max(...steps.slice(0, count).map((step, index) => Math.abs(step[name] / others[index][name] - 1)));
  return { steps: steps.length, first_steps: Math.min(FIRST, steps.length), first_loss: largest("loss", FIRST), first_gradient: largest("gradientNorm", FIRST), loss: largest("loss", steps.length) };
}

/** How many numbers a run of AdamW trains: those that have a moment. @param {string} folder */
export function trainedParameters(folder) {
  const last = readFileSync(join(folder, "checkpoints", "last"), "utf8").trim();
  const { tensors } = decodeSafetensors(readFileSync(join(folder, "checkpoints", last, "training.safetensors")));
  return Object.entries(tensors).reduce((sum, [name, { data }]) => sum + (name.endsWith(".exp_avg") ? data.length : 0), 0);
}
