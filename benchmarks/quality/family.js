import { readFileSync } from "node:fs";

/** @type {Readonly<Record<string, readonly string[]>>} */
const families = JSON.parse(readFileSync(new URL("families.json", import.meta.url), "utf8"));
const names = [...Object.keys(families), "other"];

/** @param {string} method */
const familyOf = (method) => Object.keys(families).find((family) => families[family].includes(method)) ?? "other";

/**
 * Sorted by family, then by name, each with its family. A method that families.json does not know is "other".
 *
 * @template {import("@ssl-vit/sitting/results-file.js").Measurement} Row
 * @param {readonly Row[]} rows
 * @returns {(Row & { family: string })[]}
 */
export function byFamily(rows) {
  return rows
    .map((row) => ({ ...row, family: familyOf(row.method) }))
    .sort((one, other) => names.indexOf(one.family) - names.indexOf(other.family) || one.method.localeCompare(other.method));
}
