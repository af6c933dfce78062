import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";
import { expectedRefusals, formOf } from "./expected-refusals.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** How far apart float32 may be for another order of its sums, of the largest. */
const TOLERANCE = 1e-4;

/** @param {number | null | undefined} difference */
const shown = (difference) => (difference === undefined ? "none" : difference === null ? "**not comparable**" : difference.toExponential(1));

/**
 * One row an encoder, with the largest differences of tokens and of the pooled feature in each library.
 *
 * @param {readonly Measurement[]} measurements one a library
 */
export function interopTable(measurements) {
  // The library that has the most of them has them in their order.
  const byCount = measurements.map(({ results }) => Object.keys(results)).sort((one, other) => other.length - one.length);
  const encoders = [...new Set([...byCount.flat(), ...measurements.flatMap(({ refused }) => Object.keys(refused))])];
  const rows = encoders.map((encoder) => [
    encoder,
    ...measurements.map(({ results, refused }) => {
      const result = results[encoder];
      if (result === undefined) return encoder in refused ? "no such class" : "";
      return `${shown(result.tokens)} · ${shown(result.pooled)} (${result.model})`;
    }),
  ]);
  return markdownTable(["encoder", ...measurements.map(({ library, version }) => `${library} ${version}`)], rows);
}

/**
 * What is wrong with a sitting: differences, and what was not compared at all.
 *
 * @param {readonly Measurement[]} measurements
 * @param {{ encoders: readonly string[], libraries: readonly string[] }} expected what had to be compared
 */
export function interopProblem(measurements, { encoders, libraries }) {
  const absent = [
    ...(encoders.length === 0 ? ["no encoder"] : []),
    ...(libraries.length === 0 ? ["no library"] : []),
    ...libraries.filter((library) => !measurements.some((measurement) => measurement["library"] === library)).map((library) => `nothing of ${library}`),
    ...measurements.flatMap((measurement) => encoders.flatMap((encoder) => uncompared(measurement, encoder) ?? [])),
  ];
  if (absent.length > 0) return `expected every encoder in every library, received ${absent.join(", ")}.`;
  const wrong = measurements.flatMap(({ library, results }) =>
    Object.entries(/** @type {Record<string, Record<string, any>>} */ (results)).flatMap(([encoder, result]) =>
      ["tokens", "pooled"].filter((what) => what in result && !(result[what] !== null && result[what] <= TOLERANCE)).map((what) => `${encoder} in ${library}: ${what} ${shown(result[what])}`),
    ),
  );
  return wrong.length === 0 ? undefined : `expected at most ${TOLERANCE} of the largest apart, received ${wrong.join(", ")}.`;
}

/** What a library should have compared of an encoder and has not; undefined where it has. @param {Measurement} measurement @param {string} encoder */
function uncompared({ library, results, refused }, encoder) {
  const isExpected = expectedRefusals[encoder]?.includes(formOf[/** @type {keyof typeof formOf} */ (library)]) === true;
  const result = results[encoder];
  if (result === undefined) {
    if (!(encoder in refused)) return `nothing of ${encoder} in ${library}`;
    return isExpected ? undefined : `${encoder} refused for ${library} (${refused[encoder]})`;
  }
  if (isExpected) return `${encoder} in ${library}, which has no place for it`;
  if (!("tokens" in result)) return `no tokens of ${encoder} in ${library}`;
  // The one class without a pooler.
  return "pooled" in result || (library === "transformers" && result.model === "IJepaModel") ? undefined : `no pooled feature of ${encoder} in ${library}`;
}
