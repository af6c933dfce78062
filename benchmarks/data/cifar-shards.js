import { existsSync } from "node:fs";
import { join } from "node:path";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";

const names = [0, 1, 2, 3, 4].map((shard) => `cifar10-train-00000${shard}.tar`);

export const defaultCifarFolder = () => join(sharedFolder(), "data", "cifar10");

/**
 * CIFAR-10's training shards: their paths, and one pattern for all.
 *
 * @param {string} folder
 */
export function cifarShards(folder) {
  const files = names.map((name) => join(folder, name));
  const missing = files.filter((path) => !existsSync(path));
  if (missing.length === 0) return { files, pattern: join(folder, "cifar10-train-{000000..000004}.tar") };
  throw new Error(`[data] --cifar: expected a folder with CIFAR-10's training images in ${names.length} tar shards, received no ${missing.join(", ")}. Name the folder, or set SSL_VIT_SHARED to the one that has data/cifar10.`);
}
