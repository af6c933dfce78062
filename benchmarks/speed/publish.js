// What sittings found, as files of the repository: results.json, and made of it alone RESULTS.md and its charts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { commandOf } from "@ssl-vit/sitting/command-of.js";
import { counted } from "@ssl-vit/sitting/counted.js";
import { lackingOf } from "@ssl-vit/sitting/lacking.js";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { gemmFigures, stepsFigures } from "./figures.js";
import { gemmKeys, gemmTable } from "./gemm.js";
import { loaderKeys, loaderTable } from "./loader.js";
import { maskingKeys, maskingTable } from "./masking.js";
import { memoryKeys, memoryProblem, memoryTable } from "./memory.js";
import { sameBytesKeys, sameBytesProblem, sameBytesTable } from "./same-bytes.js";
import { stepsKeys } from "./steps.js";
import { comparedSteps, shortStepsTable, stepsTable } from "./steps-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement
 * @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting
 * @typedef {import("./command-line.js").Mode} Mode
 * @typedef {Partial<Record<Mode, Sitting>> & { steps: Sitting }} Results a sitting each; all may be missing but the first
 *
 * A sitting as a part of the page.
 *
 * @typedef {object} Part
 * @property {string} heading
 * @property {readonly string[]} options what its command says
 * @property {(circumstances: Sitting["circumstances"]) => string} protocol
 * @property {(options: never) => import("@ssl-vit/sitting/run-sitting.js").Key[]} keys what it was to measure, by its circumstances
 * @property {(measurements: readonly Measurement[]) => string} table
 * @property {(measurements: readonly Measurement[]) => string | undefined} [problem]
 * @property {(sitting: Sitting) => Promise<Readonly<Record<string, string>>>} [figures]
 */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** What a turn is. @param {Sitting["circumstances"]} circumstances */
const turns = ({ rounds, steps, warmup }) => `${counted(rounds, "round")}; a turn is ${counted(steps, "step")} after ${warmup} to warm up.`;

/** In the order of the page. @type {Readonly<Record<Mode, Part>>} */
const parts = {
  steps: { heading: "Training steps", options: ["workloads", "precisions", "paths", "engines", "rounds", "steps"], protocol: (given) => `${turns(given)} Inputs and weights are random.`, keys: stepsKeys, table: stepsTable, figures: stepsFigures },
  gemm: { heading: "Matrix products", options: ["precisions", "rounds"], protocol: ({ rounds }) => `The highest rate of ${counted(rounds, "round")}.`, keys: gemmKeys, table: gemmTable, figures: gemmFigures },
  masking: { heading: "Masked patches", options: ["precisions", "rounds", "steps"], protocol: turns, keys: maskingKeys, table: maskingTable },
  loader: { heading: "The loader", options: ["data", "workloads", "precisions", "rounds", "steps", "workers"], protocol: (given) => `${turns(given)} Images: ${given.data}, decoded and augmented by ${counted(given.workers, "thread")}.`, keys: loaderKeys, table: loaderTable },
  memory: { heading: "Memory", options: ["workloads", "steps"], protocol: ({ steps }) => `${counted(steps, "step")} in one process.`, keys: memoryKeys, table: memoryTable, problem: memoryProblem },
  "same-bytes": { heading: "The same bytes", options: ["workloads", "precisions", "steps", "data"], protocol: ({ steps, data, seed }) => `Trainings of ${counted(steps, "step")} on ${data}, seed ${seed}.`, keys: sameBytesKeys, table: sameBytesTable, problem: sameBytesProblem },
};

/** What each chart shows, for those who do not see it. @type {Readonly<Record<string, string>>} */
const shown = {
  "ratios.svg": "Time of PyTorch's step divided by ours, by workload and precision, with a line at 1",
  "gflops-float32.svg": "GFLOP/s of matrix products in float32 here and in PyTorch, by shape",
  "gflops-bfloat16.svg": "GFLOP/s of matrix products in bfloat16 here and in PyTorch, by shape",
};

/** What the command of a part says without a word: a list of nothing, images that come with the suite. @param {string} name @param {unknown} value */
const isUnsaid = (name, value) => (name === "engines" && Array.isArray(value) && value.length === 0) || (name === "data" && value === "digits");

/** @param {Mode} mode @param {Sitting["circumstances"]} circumstances */
const partCommand = (mode, circumstances) =>
  // Training steps are the suite's default, and what the loader loads its flag.
  commandOf(mode === "steps" || mode === "loader" ? "speed" : `speed --${mode}`, parts[mode].options.filter((name) => !isUnsaid(name, circumstances[name])), circumstances);

/** Those that were measured, in the order of the page. @param {Results} results @returns {[Mode, Sitting, Part][]} */
const measured = (results) =>
  /** @type {[Mode, Part][]} */ (Object.entries(parts)).flatMap(([mode, part]) => {
    const sitting = results[mode];
    return sitting === undefined ? [] : [/** @type {[Mode, Sitting, Part]} */ ([mode, sitting, part])];
  });

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/** What all sittings of a page were taken on and of, as far as they say it: trainings on one, two and three threads have no number of them. */
const common = ["cpu", "cores", "memory_gb", "node", "tfjs", "commit", "threads"];

/** What else computed, as far as both sittings noted it: where no Python measured there is none. Node and tfjs are among the circumstances. */
const commonVersions = /** @type {const} */ (["os", "engines", "python"]);

/** What a sitting was taken on, of or with that is not as in the training steps. @param {Sitting} sitting @param {Sitting} steps @returns {readonly string[]} */
function differences({ circumstances, versions }, { circumstances: where, versions: ofSteps }) {
  const others = common.filter((name) => name in circumstances && circumstances[name] !== where[name]).map((name) => `its ${name} is ${circumstances[name]}, that of steps ${where[name]}`);
  const installed = commonVersions.filter((name) => versions?.[name] !== undefined && ofSteps?.[name] !== undefined && !isDeepStrictEqual(versions[name], ofSteps[name]));
  return [...others, ...installed.map((name) => `its version of ${name} is ${JSON.stringify(versions?.[name])}, that of steps ${JSON.stringify(ofSteps?.[name])}`)];
}

/** Why sittings are not to be published: what one lacks or got wrong, and what does not belong with the training steps. @param {Results} results @returns {readonly string[]} */
export const lacking = (results) =>
  measured(results).flatMap(([mode, sitting, { keys, problem }]) => {
    const wrong = problem?.(sitting.measurements);
    return [...lackingOf(sitting, keys(/** @type {never} */ (sitting.circumstances))), ...differences(sitting, results.steps), ...(wrong === undefined ? [] : [wrong])].map((reason) => `${mode}: ${reason}`);
  });

/** The charts of all sittings, by file name. @param {Results} results @returns {Promise<Readonly<Record<string, string>>>} */
export async function speedFigures(results) {
  const figures = await Promise.all(measured(results).map(([, sitting, { figures: draw }]) => draw?.(sitting) ?? {}));
  return Object.assign({}, ...figures);
}

/** What the numbers were taken with. @param {Results} results */
function setting({ steps: { circumstances, measurements } }) {
  const { cpu, cores, memory_gb: memory, threads, node, tfjs, commit } = circumstances;
  const ours = measurements.find(({ side }) => side === "native")?.instructions;
  const versions = Object.entries(measurements.find(({ side }) => side === "pytorch")?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  return `${cpu ?? "An unknown processor"}, ${cores} cores, ${memory} GB; ${threads} threads; Node ${node}, TensorFlow.js ${tfjs}, native engine${ours === undefined ? "" : ` (${ours})`}; ${versions.join(", ")}; code ${commit}.`;
}

/** What must be known of bfloat16 where ours was float32. @param {readonly Measurement[]} measurements */
const precisionNote = (measurements) =>
  comparedSteps(measurements).some(({ asked, computed }) => asked !== computed)
    ? "Bfloat16 (float32): this processor's bfloat16 instructions are missing or slower, so that our products are in float32 there. PyTorch's float32 may then be faster than its bfloat16: float32 is what to compare.\n\n"
    : "";

/** The page of some results. @param {Results} results @param {readonly string[]} figures names of its charts */
export function resultsPage(results, figures) {
  const chartsOf = (/** @type {Mode} */ mode) => figures.filter((name) => (mode === "steps" ? name === "ratios.svg" : mode === "gemm" && name.startsWith("gflops-"))).map((name) => `![${shown[name]}](${name})\n\n`);
  const sections = measured(results).map(([mode, { date, circumstances, measurements }, { heading, protocol, table }]) => `## ${heading}\n\n${partCommand(mode, circumstances)}: ${protocol(circumstances)} Taken on ${date.slice(0, 10)}.\n\n${chartsOf(mode).join("")}${mode === "steps" ? precisionNote(measurements) : ""}${table(measurements)}`);
  return `# Results

The native engine on one machine, most of it beside PyTorch, each part as its command measures it; [README](README.md) says how, and what the columns mean. This page is made of [results.json](results.json) by \`--publish\`.

${setting(results)}

${sections.join("\n")}`;
}

/** What the page of all suites has of the results in the repository, or of others. */
export const shortSection = (results = publishedResults()) => `## Speed
Training steps here and in PyTorch, in turn; ratio: PyTorch's time ÷ ours. ${setting(results)}

![${shown["ratios.svg"]}](speed/ratios.svg)

${precisionNote(results.steps.measurements)}${shortStepsTable(results.steps.measurements)}
All of it: [speed](speed/RESULTS.md).
`;

/** Puts sittings' results into the repository. @param {string} out where they were kept @param {string} [into] a folder in place of this one @returns {Promise<readonly string[]>} the files that were written */
export async function publishResults(out, into = folder) {
  const others = /** @type {Mode[]} */ (Object.keys(parts)).filter((mode) => mode !== "steps" && existsSync(join(out, `${mode}.json`)));
  const results = { steps: readSitting(out, "steps", "speed"), ...Object.fromEntries(others.map((mode) => [mode, readSitting(out, mode, "speed")])) };
  const reasons = lacking(results);
  if (reasons.length > 0) throw new Error(`[speed] --publish: expected whole sittings of one commit and machine, received ${reasons.join("; ")}. --resume goes on with one; of other code, begin it anew with --overwrite.`);
  const figures = await speedFigures(results);
  return writePublishedResults(into, results, { "RESULTS.md": resultsPage(results, Object.keys(figures)), ...figures });
}
