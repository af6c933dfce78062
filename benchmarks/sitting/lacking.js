import { isCommitted } from "./machine.js";
import { isOfKey } from "./results-file.js";
import { keyWords } from "./run-sitting.js";

/** How many missing measurements a message names. */
const NAMED = 3;

/**
 * Why a sitting is not to be published: code that no commit has, and measurements that it was to have and has not.
 *
 * @param {import("./published-files.js").Sitting} sitting of one commit: `--resume` refuses another
 * @param {readonly import("./run-sitting.js").Key[]} keys of all that it was to measure
 * @returns {readonly string[]} nothing of a whole one
 */
export function lackingOf({ circumstances: { commit }, measurements }, keys) {
  const missing = keys.filter((key) => !measurements.some((measurement) => isOfKey(measurement, key))).map(keyWords);
  return [
    ...(isCommitted(commit) ? [] : ["it was measured on code that is not committed"]),
    ...(keys.length === 0 ? ["it was to measure nothing"] : []),
    ...(missing.length === 0 ? [] : [`${missing.length} of ${keys.length} measurements are missing (${missing.slice(0, NAMED).join("; ")}${missing.length > NAMED ? "; …" : ""})`]),
  ];
}
