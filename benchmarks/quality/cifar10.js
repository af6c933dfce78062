// CIFAR-10: its authors' own files, which are downloaded when that is asked for, or shards.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { datasetDownloads, downloadDataset } from "@ssl-vit/data";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";
import { say } from "@ssl-vit/sitting/run-until-stopped.js";
import { tellingProgress } from "@ssl-vit/sitting/tell-progress.js";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";

/** What `--data` calls it. A folder of this name is `./cifar10`. */
export const CIFAR10 = "cifar10";

/**
 * Where it may lie.
 *
 * @typedef {object} Folders
 * @property {string} download where the authors' archive is unpacked
 * @property {string} shards
 */

/** @returns {Folders} */
export const cifar10Folders = () => ({ download: join(cacheFolder(), "cifar10"), shards: join(sharedFolder(), "data", "cifar10") });

const batches = ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"];
const shards = ["cifar10-train-000000.tar", "cifar10-train-000001.tar", "cifar10-train-000002.tar", "cifar10-train-000003.tar", "cifar10-train-000004.tar", "cifar10-test-000000.tar"];

/** @param {string} folder @param {readonly string[]} names */
const missingIn = (folder, names) => names.map((name) => join(folder, name)).filter((path) => !existsSync(path));

/** @param {string} benchmark @param {string} folder @param {readonly string[]} missing @param {string} fix */
const incomplete = (benchmark, folder, missing, fix) => new Error(`[${benchmark}] --data: expected all of CIFAR-10 in ${folder}, received no ${missing.join(", ")}. ${fix}`);

/** The download of some. @param {readonly import("@ssl-vit/data").DatasetDownload[]} downloads */
function downloadOf(downloads) {
  const found = downloads.find(({ name }) => name === CIFAR10);
  if (found === undefined) throw new Error(`[quality] downloads: expected one named ${CIFAR10}, received ${downloads.map(({ name }) => name).join(", ")}.`);
  return found;
}

/** How much a download of it is. */
export const cifar10Megabytes = downloadOf(datasetDownloads).megabytes;

/**
 * Locations of the two splits, and what to call them: pixel by pixel those of the authors where they are there, else those of shards, which went through JPEG. Undefined where
 * nothing of it is there.
 *
 * @param {Folders} folders
 * @param {string} benchmark for messages
 * @returns {{ name: string, train: string, test: string } | undefined}
 */
export function findCifar10({ download, shards: folder }, benchmark) {
  const unpacked = join(download, downloadOf(datasetDownloads).folder);
  if (existsSync(unpacked)) {
    const missing = missingIn(unpacked, batches);
    if (missing.length > 0) throw incomplete(benchmark, unpacked, missing, "Remove the folder, and get it anew by --download or by hand.");
    return { name: "CIFAR-10", train: `${unpacked}#train`, test: `${unpacked}#test` };
  }
  const missing = missingIn(folder, shards);
  if (missing.length === shards.length) return undefined;
  if (missing.length > 0) throw incomplete(benchmark, folder, missing, "Copy the missing shards.");
  return { name: "CIFAR-10 (JPEG)", train: join(folder, "cifar10-train-{000000..000004}.tar"), test: join(folder, "cifar10-test-000000.tar") };
}

/** How to get it. @param {Folders} folders */
export function howToGetCifar10({ download: folder }) {
  const { url, md5, folder: name } = downloadOf(datasetDownloads);
  return `--download gets it (${cifar10Megabytes} MB). By hand: download ${url} (MD5 ${md5}) and unpack it in ${folder}, so that there is ${join(folder, name)}.`;
}

/**
 * Downloads it, unless it is there already, and says so.
 *
 * @param {AbortSignal} signal
 * @param {{ folder?: string, downloads?: typeof datasetDownloads, tell?: (text: string) => void }} [options]
 */
export async function downloadCifar10(signal, { folder = cifar10Folders().download, downloads = datasetDownloads, tell = say } = {}) {
  const { url, folder: name, megabytes: expected } = downloadOf(downloads);
  const unpacked = join(folder, name);
  if (existsSync(unpacked)) return;
  const megabytes = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);
  tell(`Downloading ${url} (${expected} MB) to ${folder} …`);
  await tellingProgress("CIFAR-10", (doing) =>
    downloadDataset(CIFAR10, folder, { downloads, signal, onProgress: (bytes, total) => { doing(`received ${megabytes(bytes)} MB${total === 0 ? "" : ` of ${megabytes(total)}`}`); } }),
  );
  tell(`CIFAR-10 is in ${unpacked}, where later sittings find it.`);
}
