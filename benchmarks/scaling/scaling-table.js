import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/**
 * @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement
 * @typedef {{ method: string, value: string | number, fixed: string, ms: number, speeds: number[], speed: number, factor: number, memory: number }} Row one method at one value of an axis: images a second in each round, their median, and that in the first row's
 */

/** What is changed, one at a time; the others are then as in most measurements. */
export const axes = /** @type {const} */ ({ size: "ViT", batch: "images a step", threads: "threads", ranks: "processes" });

/** @typedef {keyof typeof axes} Axis */

const axisNames = /** @type {Axis[]} */ (Object.keys(axes));

/** @param {Measurement} measurement @param {string} axis */
const without = (measurement, axis) => JSON.stringify(["method", ...axisNames].filter((name) => name !== axis).map((name) => measurement[name]));

/** What all rows of an axis have. @param {Measurement} measurement @param {Axis} axis */
const fixedOf = (measurement, axis) =>
  // Processes have one thread each: they stand beside the one process with one.
  axisNames.filter((name) => name !== axis && !(axis === "ranks" && name === "threads")).map((name) => `${axes[name]} ${measurement[name]}`).join(", ");

/** One row for each value of an axis that has several with all else alike. @param {readonly Measurement[]} measurements @param {Axis} axis @returns {Row[]} */
export function rowsOf(measurements, axis) {
  /** @type {Map<string, Measurement[]>} */
  const groups = new Map();
  for (const measurement of measurements) groups.set(without(measurement, axis), [...(groups.get(without(measurement, axis)) ?? []), measurement]);
  return [...groups.values()].flatMap((group) => {
    const values = [...new Set(group.map((measurement) => measurement[axis]))];
    if (values.length < 2) return [];
    // What more threads bring is seen from one; other axes begin with what all others were measured with.
    if (axis === "threads") values.sort((a, b) => a - b);
    const of = (/** @type {unknown} */ value) => group.filter((measurement) => measurement[axis] === value);
    const speedsOf = (/** @type {unknown} */ value) => of(value).map(({ batch, ms }) => (1000 * batch) / ms);
    return values.map((value) => {
      const speed = median(speedsOf(value));
      return {
        ...{ method: group[0].method, value, fixed: fixedOf(group[0], axis), speeds: speedsOf(value), speed, factor: speed / median(speedsOf(values[0])) },
        ...{ ms: median(of(value).map(({ ms }) => ms)), memory: Math.round(median(of(value).map(({ memoryMb }) => memoryMb))) },
      };
    });
  });
}

/** The table of each axis that has several values, by axis. @param {readonly Measurement[]} measurements @returns {Map<Axis, string>} */
export function axisTables(measurements) {
  const all = axisNames.map((axis) => /** @type {const} */ ([axis, rowsOf(measurements, axis)])).filter(([, rows]) => rows.length > 0);
  return new Map(
    all.map(([axis, rows]) => {
      const cells = rows.map(({ method, value, fixed, ms, speed, factor, memory }) => [method, value, fixed, ms.toFixed(0), speed.toFixed(1), factor.toFixed(2), memory]);
      return [axis, markdownTable(["method", axes[axis], "with", "ms a step", "images/s", "images/s ÷ the first row's", "MB of the process"], cells)];
    }),
  );
}

/** @param {readonly Measurement[]} measurements */
export const scalingTable = (measurements) => [...axisTables(measurements).values()].join("\n");

/** Images a second of every setup, a column a method. @param {readonly Measurement[]} measurements */
export function shortScalingTable(measurements) {
  const methods = [...new Set(measurements.map(({ method }) => method))];
  const setups = [...new Map(measurements.map((measurement) => [JSON.stringify(axisNames.map((axis) => measurement[axis])), measurement])).values()];
  const rows = setups.map((setup) => [
    ...axisNames.map((axis) => setup[axis]),
    ...methods.map((method) => {
      const turns = measurements.filter((one) => one.method === method && axisNames.every((axis) => one[axis] === setup[axis]));
      return turns.length === 0 ? "–" : median(turns.map(({ batch, ms }) => (1000 * batch) / ms)).toFixed(1);
    }),
  ]);
  return markdownTable([...axisNames.map((axis) => axes[axis]), ...methods.map((method) => `${method}, images/s`)], rows);
}
