import { existsSync } from "node:fs";
import { join } from "node:path";
import { openDataset } from "@ssl-vit/data";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";

const cifar10 = {
  train: { files: [0, 1, 2, 3, 4].map((shard) => `cifar10-train-00000${shard}.tar`), pattern: "cifar10-train-{000000..000004}.tar" },
  test: { files: ["cifar10-test-000000.tar"], pattern: "cifar10-test-000000.tar" },
};

/** @param {string} flag @param {keyof typeof cifar10} split @param {string} folder */
function cifar10Path(flag, split, folder) {
  const missing = cifar10[split].files.map((name) => join(folder, name)).filter((path) => !existsSync(path));
  if (missing.length === 0) return join(folder, cifar10[split].pattern);
  throw new Error(`[quality] ${flag}: expected CIFAR-10 in ${folder}, received no ${missing.join(", ")}. Set SSL_VIT_SHARED to the folder that has data/cifar10, or name labelled images with --data and --test-data.`);
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
 * The images to train on: those named, else CIFAR-10.
 *
 * @param {string | undefined} path @param {{ labelled: boolean, folder?: string }} options
 * @returns {Promise<Images>}
 */
export async function trainImagesOf(path, { labelled, folder = join(sharedFolder(), "data", "cifar10") }) {
  const found = path ?? cifar10Path("--data", "train", folder);
  return { name: path ?? "CIFAR-10 (JPEG)", path: found, count: await countOf("--data", found, labelled) };
}

/**
 * The images to be judged on: those named, else CIFAR-10's.
 *
 * @param {string | undefined} path @param {{ folder?: string }} [options]
 * @returns {Promise<Images>}
 */
export async function testImagesOf(path, { folder = join(sharedFolder(), "data", "cifar10") } = {}) {
  const found = path ?? cifar10Path("--test-data", "test", folder);
  return { name: path ?? "CIFAR-10 (JPEG)", path: found, count: await countOf("--test-data", found, true) };
}
