import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

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

/** @param {readonly Measurement[]} measurements */
export function interopProblem(measurements) {
  const wrong = measurements.flatMap(({ library, results }) =>
    Object.entries(/** @type {Record<string, Record<string, any>>} */ (results)).flatMap(([encoder, result]) =>
      ["tokens", "pooled"].filter((what) => what in result && !(result[what] !== null && result[what] <= TOLERANCE)).map((what) => `${encoder} in ${library}: ${what} ${shown(result[what])}`),
    ),
  );
  return wrong.length === 0 ? undefined : `expected at most ${TOLERANCE} of the largest apart, received ${wrong.join(", ")}.`;
}
