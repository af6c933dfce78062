// What a sitting found, as a page of the repository.
import { fileURLToPath } from "node:url";
import { drawScores } from "@ssl-vit/visualize";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { lackingOf } from "@ssl-vit/sitting/lacking.js";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { methodNames, modelNames } from "./command-line.js";
import { countsKeys } from "./counts-plan.js";
import { countsNotes, countsProblem, countsSummary, encoderTable, publishedTable, stepsTable } from "./counts-table.js";
import { memoryKeys, memorySettings } from "./memory-plan.js";
import { memoryProblem, memorySummary, memoryTable } from "./memory-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */
/** @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The results that are in the repository. @returns {{ counts: Sitting, memory: Sitting }} */
export const publishedResults = () => readPublishedResults(folder);

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

/** A chart for each setting. @param {{ model: string, imageSize: number }} setting */
const figureName = ({ model, imageSize }) => `memory-${model}-${imageSize}px.svg`;

/** Memory of a step by method, as counted and as measured: a chart a setting, by file name. @param {Sitting} memory @returns {Promise<Readonly<Record<string, string>>>} */
export async function memoryFigures({ measurements }) {
  const figures = memorySettings.flatMap((setting) => {
    const rows = measurements.filter(({ model, image }) => model === setting.model && image === setting.imageSize).toSorted((a, b) => b.measured - a.measured);
    return rows.length === 0 ? [] : [{ setting, rows }];
  });
  const drawn = figures.map(async ({ setting, rows }) => {
    const { svg } = await drawScores({
      scores: rows.flatMap(({ method, counted, measured }) => [{ name: method, series: "counted", value: counted / 1e6 }, { name: method, series: "measured", value: measured / 1e6 }]),
      // Amounts are seen from 0.
      reference: 0,
      axis: `memory of a step (MB, batch of ${setting.batchSize})`,
      title: "Memory of a training step, counted beforehand and measured",
      caption: `ViT-${setting.model === "tiny" ? "Ti" : "S"}/${setting.patchSize}, ${setting.imageSize} px; beyond what rests between steps`,
    });
    return /** @type {const} */ ([figureName(setting), svg]);
  });
  return Object.fromEntries(await Promise.all(drawn));
}

/** A long table that one opens. @param {string} title @param {string} table */
const folded = (title, table) => `<details>\n<summary>${title}</summary>\n\n${table}\n</details>\n`;

/**
 * The page of both parts.
 *
 * @param {Sitting} counts @param {Sitting} memory
 */
export function resultsPage(counts, memory) {
  // As installed; results from before that was noted say what was asked for.
  const asked = counts.circumstances.requirements.filter((/** @type {string} */ name) => /^(torch|timm)==/.test(name));
  const peer = asked.map((/** @type {string} */ line) => { const [name, version] = line.split("=="); return `${name}==${counts.versions?.python?.[name] ?? version}`; }).join(", ");
  const publishedSteps = publishedTable(counts.measurements);
  const problems = [countsProblem(counts.measurements), memoryProblem(memory.measurements)].flatMap((problem) => problem?.split("\n") ?? []);
  return [
    "# Results",
    "",
    `Made of [results.json](results.json), of ${counts.date.slice(0, 10)}, which \`npx --yes pnpm@10 run bench cost --publish\` writes from the sittings of \`npx --yes pnpm@10 run bench cost\`; [README](README.md) says what was counted and measured, and how. Counts: code ${counts.circumstances.commit}, Node ${counts.circumstances.node}; memory: code ${memory.circumstances.commit}, Node ${memory.circumstances.node}, of ${memory.date.slice(0, 10)}.`,
    "",
    "## How far apart",
    "",
    markdownTable(["what", "farthest", "apart", "limit"], [...countsSummary(counts.measurements), ...memorySummary(memory.measurements)]),
    ...(problems.length === 0 ? ["Everything that has a limit is within it.", ""] : ["Beyond their limits:", "", ...problems.map((problem) => `- ${problem}`), ""]),
    "The limits are for the same formula on both sides. \"As published\" is the same loss as the authors' code computes it, which has none:",
    "",
    ...countsNotes(counts.measurements),
    "",
    "## The encoder",
    "",
    encoderTable(counts.measurements),
    "",
    "## Training steps",
    "",
    `Images of 224 px in patches of 16, ${counts.circumstances.batchSize} a step, every method by its paper's preset; PyTorch: ${peer}.`,
    ...missing(counts.measurements, 2),
    "",
    folded("Every method and ViT", stepsTable(counts.measurements)),
    ...(publishedSteps === "" ? [] : [folded("As published, where that takes other products", publishedSteps)]),
    "## Memory of a step",
    "",
    `${memory.circumstances.cpu}, ${memory.circumstances.threads} threads; the largest of ${memory.circumstances.steps} steps. Compared is what a step takes beyond what rests between steps; "both" is the sum.`,
    ...missing(memory.measurements, memorySettings.length),
    "",
    ...memorySettings.filter((setting) => memory.measurements.some(({ model, image }) => model === setting.model && image === setting.imageSize)).flatMap((setting) => [`![Memory of a step of each method by ViT-${setting.model}, counted and measured](${figureName(setting)})`, ""]),
    folded("Every method", memoryTable(memory.measurements)),
  ].join("\n");
}

/**
 * Why a sitting is not to be published: of either part code that no commit has, or methods, sides, ViTs or settings that are missing.
 *
 * @param {Sitting} counts @param {Sitting} memory @returns {readonly string[]}
 */
export function lacking(counts, memory) {
  const uncounted = modelNames.filter((name) => !counts.circumstances.models.includes(name));
  return [
    ...[...lackingOf(counts, countsKeys(methodNames)), ...(uncounted.length === 0 ? [] : [`no ViT-${uncounted.join(", ")} was counted`])].map((reason) => `counts: ${reason}`),
    ...lackingOf(memory, memoryKeys(methodNames)).map((reason) => `memory: ${reason}`),
  ];
}

/** Writes the results, their page and its charts; returns the files written. @param {string} out */
export async function publish(out) {
  const [counts, memory] = [readSitting(out, "counts", "cost"), readSitting(out, "memory", "cost")];
  const reasons = lacking(counts, memory);
  if (reasons.length > 0) throw new Error(`[cost] --publish: expected whole sittings, received ones of which ${reasons.join("; ")}. Finish them with --resume, or begin anew.`);
  return writePublishedResults(folder, { counts, memory }, { "RESULTS.md": resultsPage(counts, memory), ...(await memoryFigures(memory)) });
}
