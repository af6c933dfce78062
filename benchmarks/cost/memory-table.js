import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/run-sitting.js").Measurement} Measurement */

/** Measured peaks are to be met within this share. */
const TOLERATED = 0.25;

const apart = (/** @type {Measurement} */ { counted, measured }) => counted / measured - 1;
const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(0);

/**
 * What a step needs besides what rests between steps, as counted and as measured.
 *
 * @param {readonly Measurement[]} measurements
 */
export function memoryTable(measurements) {
  const rows = measurements.map((measurement) => {
    const { method, model, image, patch, batch, resting, counted, measured } = measurement;
    return [method, `${model}/${patch}, ${image} px`, batch, megabytes(resting), megabytes(counted), megabytes(measured), `${(100 * apart(measurement)).toFixed(1)} %`, megabytes(resting + counted)];
  });
  return markdownTable(["method", "ViT", "batch", "at rest, MB, counted", "step of the batch beyond that, MB, counted", "measured", "apart", "both, MB, counted"], rows);
}

/**
 * The farthest of all, with its limit; none of nothing.
 *
 * @param {readonly Measurement[]} measurements
 */
export function memorySummary(measurements) {
  if (measurements.length === 0) return [];
  const far = measurements.reduce((most, measurement) => (Math.abs(apart(measurement)) > Math.abs(apart(most)) ? measurement : most));
  return [["memory of a step, against the measured peak", `${far.method}, ${far.model}/${far.patch} at ${far.image} px`, `${(100 * apart(far)).toFixed(2)} %`, `${100 * TOLERATED} %`]];
}

/**
 * What must not be: counts more than 25 % from what was measured.
 *
 * @param {readonly Measurement[]} measurements
 */
export function memoryProblem(measurements) {
  const problems = measurements
    .filter((measurement) => Math.abs(apart(measurement)) > TOLERATED)
    .map(({ method, model, counted, measured }) => `${method}, ${model}: expected the measured ${megabytes(measured)} MB within ${100 * TOLERATED} %, received ${megabytes(counted)} MB.`);
  return problems.length === 0 ? undefined : problems.join("\n");
}
