// What a sitting found, as files of the repository: results.json, and made of it alone RESULTS.md.
import { fileURLToPath } from "node:url";
import { lackingOf } from "@ssl-vit/sitting/lacking.js";
import { readSitting, writePublishedResults } from "@ssl-vit/sitting/published-files.js";
import { encoderKinds, MASKED } from "./encoder-kinds.js";
import { formOf } from "./expected-refusals.js";
import { interopTable } from "./interop-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

const isKind = (/** @type {string} */ name) => name in encoderKinds || name === MASKED;

/** @param {readonly Measurement[]} measurements @param {(encoder: string) => boolean} isShown @returns {readonly Measurement[]} */
const onlyThose = (measurements, isShown) =>
  measurements.map((measurement) => {
    const chosen = (/** @type {Record<string, unknown>} */ entries) => Object.fromEntries(Object.entries(entries).filter(([name]) => isShown(name)));
    return { ...measurement, results: chosen(measurement["results"]), refused: chosen(measurement["refused"]) };
  });

/** The page of a sitting. @param {import("@ssl-vit/sitting/published-files.js").Sitting} sitting */
export function resultsPage({ circumstances: { node, commit, steps }, measurements }) {
  return `# Results

How far what \`saveEncoder\` and \`saveMaskedAutoencoder\` wrote is from ours in the libraries that it is for, as \`npx --yes pnpm@10 run bench interop\` measures it; [README](README.md) says how.
Largest difference of the tokens · of the pooled feature, each divided by the largest of ours; in brackets what the library made of the folder. Of MAE with its decoder it is the prediction · the loss.

One sitting on the native engine, Node ${node}, code ${commit}; written by \`--publish\`.

## Every kind of encoder

${interopTable(onlyThose(measurements, isKind))}
## Every method's encoder

After ${steps} steps of its preset \`small\` on digits.

${interopTable(onlyThose(measurements, (name) => !isKind(name)))}`;
}

/**
 * Why a sitting is not to be published: code that no commit has, and libraries, kinds of encoders or methods that are missing.
 *
 * @param {import("@ssl-vit/sitting/published-files.js").Sitting} sitting @returns {readonly string[]}
 */
export function lacking(sitting) {
  const { kinds, methods } = sitting.circumstances;
  const without = [...Object.keys(encoderKinds), MASKED].filter((kind) => !kinds.includes(kind));
  return [
    ...lackingOf(sitting, Object.keys(formOf).map((library) => ({ library }))),
    ...(without.length === 0 ? [] : [`kinds of encoders are missing: ${without.join("; ")}`]),
    ...(methods === "all" ? [] : ["it has not every method"]),
  ];
}

/** Writes the results and their page; returns the files written. @param {string} out */
export function publish(out) {
  const sitting = readSitting(out, "interop", "interop");
  const reasons = lacking(sitting);
  if (reasons.length > 0) throw new Error(`[interop] --publish: expected a whole sitting, received one in which ${reasons.join("; ")}. Finish it with --resume, or begin anew.`);
  return writePublishedResults(fileURLToPath(new URL(".", import.meta.url)), sitting, { "RESULTS.md": resultsPage(sitting) });
}
