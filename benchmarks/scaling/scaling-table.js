import { median } from "@ssl-vit/bench";
import { markdownTable } from "@ssl-vit/sitting/markdown-table.js";

/** @typedef {import("@ssl-vit/sitting/results-file.js").Measurement} Measurement */

/** What is changed, one at a time; the others are then as in most measurements. @type {Readonly<Record<string, string>>} */
const axes = { size: "ViT", batch: "images a step", threads: "threads", ranks: "processes" };

/** @param {Measurement} measurement @param {string[]} names */
const without = (measurement, ...names) => JSON.stringify(["method", ...Object.keys(axes)].filter((name) => !names.includes(name)).map((name) => measurement[name]));

/** One row for each value of an axis that has several with all else alike. @param {readonly Measurement[]} measurements @param {string} axis */
function rowsOf(measurements, axis) {
  // Processes have one thread each: they stand beside the one process with one.
  const groups = new Map();
  for (const measurement of measurements) groups.set(without(measurement, axis), [...(groups.get(without(measurement, axis)) ?? []), measurement]);
  return [...groups.values()].flatMap((/** @type {Measurement[]} */ group) => {
    const values = [...new Set(group.map((measurement) => measurement[axis]))];
    if (values.length < 2) return [];
    const of = (/** @type {unknown} */ value) => group.filter((measurement) => measurement[axis] === value);
    const speedOf = (/** @type {unknown} */ value) => median(of(value).map(({ batch, ms }) => (1000 * batch) / ms));
    return values.map((value) => {
      const [first] = of(value);
      const speed = speedOf(value);
      const fixed = Object.keys(axes).filter((name) => name !== axis && !(axis === "ranks" && name === "threads")).map((name) => `${axes[name]} ${first?.[name]}`).join(", ");
      return [first?.method, value, fixed, median(of(value).map(({ ms }) => ms)).toFixed(0), speed.toFixed(1), (speed / speedOf(values[0])).toFixed(2), Math.round(median(of(value).map(({ memoryMb }) => memoryMb)))];
    });
  });
}

/** @param {readonly Measurement[]} measurements */
export const scalingTable = (measurements) =>
  Object.entries(axes)
    .map(([axis, title]) => ({ title, rows: rowsOf(measurements, axis) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => markdownTable(["method", title, "with", "ms a step", "images/s", "images/s ÷ the first row's", "MB of the process"], rows))
    .join("\n");
