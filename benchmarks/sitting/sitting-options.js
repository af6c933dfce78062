import { timeSpan } from "./time-budget.js";

/**
 * Gives a command the options of every sitting: where its results go, how long it may take, and what becomes of an earlier one.
 *
 * @template {import("commander").Command} Program
 * @param {Program} command
 * @param {string} out where results go unless told
 * @returns {Program}
 */
export const withSitting = (command, out) =>
  command
    .option("--out <dir>", "where results go", out)
    .option("--budget <time>", "10m, 1h: after which no measurement is begun", timeSpan)
    .option("--resume", "go on with an interrupted sitting")
    .option("--overwrite", "replace an earlier sitting");
