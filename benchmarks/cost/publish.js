// What a sitting found, as a page of the repository.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSitting, writePublished } from "@ssl-vit/sitting/published-files.js";
import { methodNames } from "./command-line.js";
import { countsTable, encoderTable } from "./counts-table.js";
import { memorySettings } from "./memory-plan.js";
import { memoryTable } from "./memory-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */
/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The results that are in the repository. @returns {{ counts: Sitting, memory: Sitting }} */
export const publishedResults = () => JSON.parse(readFileSync(join(folder, "results.json"), "utf8"));

/**
 * Which methods a sitting that was not finished has nothing of; nothing to say of a whole one.
 *
 * @param {readonly Measurement[]} measurements of one part
 * @param {number} each how many a method has
 */
function missing(measurements, each) {
  const names = methodNames.filter((name) => measurements.filter(({ method }) => method === name).length < each);
  return names.length === 0 ? [] : ["", `The sitting was not finished: it lacks all or part of ${names.join(", ")}.`];
}

/**
 * The page of both parts.
 *
 * @param {Sitting} counts @param {Sitting} memory
 */
export function resultsPage(counts, memory) {
  const seconds = counts.measurements.reduce((sum, { seconds: took = 0 }) => sum + took, 0);
  const peer = counts.circumstances.requirements.filter((/** @type {string} */ name) => /^(torch|timm)==/.test(name)).join(", ");
  return [
    "# Results",
    "",
    `Made of [results.json](results.json), of ${counts.date.slice(0, 10)}, which \`npx --yes pnpm@10 run bench cost --publish\` writes from the sittings of \`npx --yes pnpm@10 run bench cost\`; [README](README.md) says what was counted and measured, and how. Code ${counts.circumstances.commit}, Node ${counts.circumstances.node}.`,
    "",
    "## The encoder",
    "",
    encoderTable(counts.measurements),
    "",
    "## Training steps",
    "",
    `Images of 224 px in patches of 16, ${counts.circumstances.batchSize} a step, every method by its paper's preset; PyTorch: ${peer}. Counting took ours ${Math.round(seconds)} s in all.`,
    "",
    countsTable(counts.measurements),
    ...missing(counts.measurements, 2),
    "",
    "## Memory of a step",
    "",
    `${memory.circumstances.cpu}, ${memory.circumstances.threads} threads; the largest of ${memory.circumstances.steps} steps.`,
    "",
    memoryTable(memory.measurements),
    ...missing(memory.measurements, memorySettings.length),
    "",
  ].join("\n");
}

/** Writes the results and their page; returns the files written. @param {string} out */
export function publish(out) {
  const [counts, memory] = [readSitting(out, "counts", "cost"), readSitting(out, "memory", "cost")];
  return writePublished(folder, { "results.json": `${JSON.stringify({ counts, memory }, undefined, 1)}\n`, "RESULTS.md": resultsPage(counts, memory) });
}
