// What the sittings found, as files of the repository: results.json, and made of it alone RESULTS.md and its charts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandOf } from "@ssl-vit/sitting/command-of.js";
import { lackingOf } from "@ssl-vit/sitting/lacking.js";
import { readPublishedResults, readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { epochsTable } from "./epochs.js";
import { loadingFigures, RATIOS, shownBy } from "./loading-figures.js";
import { loadingTable } from "./loading-table.js";
import { millionTable } from "./million.js";
import { sittingKeys } from "./sitting-keys.js";
import { trainedBy, waitingTable } from "./waiting.js";

/**
 * @typedef {import("@ssl-vit/sitting/published-files.js").Sitting} Sitting
 * @typedef {{ loading: Sitting, waiting?: Sitting, million?: Sitting, epochs?: Sitting }} Results
 * @typedef {keyof Results} Part
 */

const folder = fileURLToPath(new URL(".", import.meta.url));

/** The parts that may be left out. */
const optionalParts = /** @type {const} */ (["waiting", "million", "epochs"]);

/** Images of the sitting whose heading says so. */
const MILLION = 1_000_000;

/** The results that are in the repository. @returns {Results} */
export const publishedResults = () => readPublishedResults(folder);

/**
 * Why sittings are not to be published: code that no commit has, circumstances and measurements that are not there, fewer images than the page says.
 *
 * @param {Results} results
 * @returns {readonly string[]}
 */
export function lacking(results) {
  return Object.entries(results).flatMap(([name, sitting]) => {
    const part = /** @type {Part} */ (name);
    const { images, sharp } = sitting.circumstances;
    // What it was begun with says what belongs to it.
    const keys = /** @type {import("@ssl-vit/sitting/run-sitting.js").Key[]} */ (sittingKeys[part](/** @type {never} */ (sitting.circumstances)));
    return [
      ...lackingOf(sitting, keys),
      ...(sharp === undefined ? ["it does not say with which libraries, as that of earlier code"] : []),
      ...(part === "million" && images !== MILLION ? [`it has ${images} images and not ${MILLION}`] : []),
    ].map((reason) => `${part}: ${reason}`);
  });
}

/** What a command says of each part. @type {Readonly<Record<Part, readonly string[]>>} */
const options = { loading: ["workloads", "workers", "rounds"], waiting: ["methods", "workers", "rounds", "steps"], million: ["images", "workers"], epochs: ["images", "workers"] };

/** A part of the page: its heading, the command and the date, what it says, its table with what it was measured on. @param {string} heading @param {Part} part @param {Sitting} sitting @param {string} words @param {string} table */
const section = (heading, part, { circumstances, date }, words, table) => `
## ${heading}
${commandOf(part === "loading" ? "data" : `data --${part}`, options[part], circumstances)}, ${date.slice(0, 10)}. ${words}

${table}`;

/** A sitting's circumstances, for the line of its table. @param {Sitting} sitting */
const whereOf = ({ circumstances }) => /** @type {ReturnType<typeof import("@ssl-vit/sitting/machine.js").machine>} */ (circumstances);

/** @param {Sitting} sitting @param {readonly string[]} figures */
function loadingSection(sitting, figures) {
  const { protocol, sharp, libvips, libuvThreads } = sitting.circumstances;
  const amounts = Object.entries(protocol).map(([name, { batchSize, warmup, batches }]) => `${name} ${batches} batches of ${batchSize} images after ${warmup} to warm up`);
  const words = `Of each turn count: ${amounts.join("; ")}. Ours decodes larger files by sharp ${sharp} with libvips ${libvips} in libuv's ${libuvThreads} threads; a process of PyTorch's computes in one.
Beside other programs the ratio of processor times is the one to believe.

${figures.map((name) => `![${shownBy(name)}](${name})`).join("\n\n")}`;
  return section("The loader", "loading", sitting, words, loadingTable(sitting.measurements, whereOf(sitting)));
}

/** @param {Sitting} sitting */
function waitingSection(sitting) {
  const { workers, threads, protocol } = sitting.circumstances;
  const { vit, data } = trainedBy(protocol);
  const words = `${vit} on ${data}, ${protocol.batchSize} images a batch, the native engine with ${threads} thread${threads === 1 ? "" : "s"}, and ${workers} of the loader beside it; the first ${protocol.warmup} steps do not count.`;
  return section("Waiting", "waiting", sitting, words, waitingTable(sitting.measurements, whereOf(sitting), sitting.circumstances.protocol));
}

/** @param {Sitting} sitting */
const millionSection = (sitting) =>
  section("A million images", "million", sitting, "The files were just made, so that their names are in the system's cache.", millionTable(sitting.measurements, whereOf(sitting)));

/** @param {Sitting} sitting */
const epochsSection = (sitting) =>
  section("Fifty epochs", "epochs", sitting, "What threads take more after epoch 5 is what their own heaps grow to; later it has to stay.", epochsTable(sitting.measurements, whereOf(sitting)));

/** The page of some results. @param {Results} results @param {readonly string[]} figures names of its charts */
export const resultsPage = ({ loading, waiting, million, epochs }, figures) => `# Results

Made of [results.json](results.json), which \`npx --yes pnpm@10 run bench data --publish\` writes from the sittings named below; [README](README.md) says how they are taken, and how to read them.
${[
  loadingSection(loading, figures),
  ...(waiting === undefined ? [] : [waitingSection(waiting)]),
  ...(million === undefined ? [] : [millionSection(million)]),
  ...(epochs === undefined ? [] : [epochsSection(epochs)]),
].join("")}`;

/** What the page of all suites has of it. */
export const shortSection = () => `## Loading of images
The loader beside PyTorch's DataLoader with torchvision on PIL images, in turn: times as fast in images a second, and in processor time an image.

![${shownBy(RATIOS)}](data/${RATIOS})

Images a second, waiting of trainings, a million files, memory over epochs: [data](data/RESULTS.md).
`;

/**
 * Puts the sittings' results into the repository. What was not measured there is left out, and told.
 *
 * @param {string} out where they are kept
 * @param {(text: string) => void} say
 * @param {string} [into] a folder in place of this one
 * @returns {Promise<readonly string[]>} the files that were written
 */
export async function publishResults(out, say, into = folder) {
  const others = optionalParts.filter((part) => existsSync(join(out, `${part}.json`)));
  const results = /** @type {Results} */ (Object.fromEntries(/** @type {const} */ (["loading", ...others]).map((part) => [part, readSitting(out, part, "data")])));
  const reasons = lacking(results);
  if (reasons.length > 0) throw new Error(`[data] --publish: expected whole sittings of committed code in ${out}, received: ${reasons.join("; ")}. --resume goes on with one, by the options that it began with; of other code or images, begin it anew with --overwrite.`);
  for (const part of optionalParts.filter((name) => !others.includes(name))) say(`left out: ${part}, of which ${out} has no sitting (bench data --${part})`);
  const figures = await loadingFigures(results.loading);
  return writePublishedResults(into, results, { "RESULTS.md": resultsPage(results, Object.keys(figures)), ...figures });
}
