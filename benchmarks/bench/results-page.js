// Of the suites' results one page, and the table in the repository's README: `pnpm bench publish`.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { shortSection as data } from "@ssl-vit/bench-data/publish.js";
import { shortParityTable } from "@ssl-vit/parity/parity-table.js";
import { publishedResults as parityResults } from "@ssl-vit/parity/publish.js";
import { publishedResults as qualityResults } from "@ssl-vit/quality/publish.js";
import { shortQualityTable } from "@ssl-vit/quality/short-quality-table.js";
import { shortSection as scaling } from "@ssl-vit/scaling/publish.js";
import { shortSection as speed } from "@ssl-vit/speed/publish.js";
import { hasPublishedResults } from "@ssl-vit/sitting/published-files.js";
import { withWrittenPart } from "@ssl-vit/sitting/with-written-part.js";
import { suites } from "./suites.js";

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const quality = () => {
  const { circumstances, measurements } = qualityResults();
  const { imagesSeen, data, trainImages, testImages } = circumstances;
  const seeds = new Set(measurements.map(({ seed }) => seed)).size;
  return `Preset \`small\` after ${imagesSeen.toLocaleString("en")} images seen, without labels; ${data}, top-1 accuracy in % of ${testImages.toLocaleString("en")} test images from ${trainImages.toLocaleString("en")} labelled ones, the better of two layers, mean and half of the 95 % interval over ${seeds} seeds. Gains are points above the method's own ViT untrained, seed by seed. The methods' ViTs and crops differ, and so do their baselines, which are given from the least to the greatest mean.

${shortQualityTable(measurements)}`;
};

const parity = () => `## Parity with PyTorch
The same recipes here and in PyTorch with parts of timm and lightly: difference of k-NN and linear accuracy in points and of the last losses, ours − PyTorch's, seed by seed, with half of its 95 % interval. The mean of all is over the seeds that every method has, so that it is not the mean of the rows.

${existsSync(at("parity/accuracies.svg")) ? "![Difference of k-NN and linear accuracy by method, with 95 % intervals over the seeds](parity/accuracies.svg)\n\n" : ""}${shortParityTable(parityResults().measurements)}
All of it: [parity](parity/RESULTS.md).
`;

/** What the page has of suites besides quality, once they have published. @type {Readonly<Record<string, () => string>>} */
const parts = { parity, speed, data, scaling };
const shown = () => Object.keys(parts).filter((suite) => hasPublishedResults(at(suite)));

/** Where the other suites have theirs. */
const others = () =>
  Object.entries(suites)
    .filter(([name]) => name !== "quality" && !shown().includes(name))
    .flatMap(([name, { what }]) => {
      const pages = ["RESULTS.md", "LOADING.md"].filter((page) => existsSync(at(`${name}/${page}`)));
      const [where] = pages.length > 0 ? pages.map((page) => `${name}/${page}`) : [`${name}/README.md`];
      return [`- [${name}](${where}): ${what}${what.endsWith("?") ? "" : "."}`, ...pages.slice(1).map((page) => `  Also [${page}](${name}/${page}).`)];
    })
    .join("\n");

/** benchmarks/RESULTS.md. */
export const resultsPage = () => `# Results

The latest sittings that were published, and where the other suites have their results; \`pnpm bench publish\` writes this page. \`npx --yes pnpm@10 run bench SUITE\` measures yours.

## Quality
${quality()}
![Accuracy of each method's features, with 95 % intervals over the seeds](quality/scores.svg)

Every layer, loss and cost, and how to read them: [quality](quality/RESULTS.md). This is no ranking: after so few images those methods lead that start fast.

${shown().map((suite) => `${parts[suite]()}\n`).join("")}## The other suites
${others()}
`;

/** The README with the table of today. @param {string} readme */
export const withQualityTable = (readme) => withWrittenPart(readme, { benchmark: "bench", document: "README.md", command: "pnpm bench publish", what: "table", part: quality() });

/** Writes the page and the README's table; returns what was written. */
export function publish() {
  const files = { [at("RESULTS.md")]: resultsPage(), [at("../README.md")]: withQualityTable(readFileSync(at("../README.md"), "utf8")) };
  for (const [path, text] of Object.entries(files)) writeFileSync(path, text);
  return Object.keys(files);
}
