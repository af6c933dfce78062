import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { dataProblem, withDataOptions } from "@ssl-vit/quality/data-options.js";
import { sizeOption, withSize } from "@ssl-vit/quality/sitting-sizes.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command, InvalidArgumentError } from "commander";

const results = fileURLToPath(new URL("results", import.meta.url));

/** Those that peer_methods.py has. */
export const METHODS = /** @type {const} */ (["simclr", "dino", "mae", "byol"]);

/** Where a recipe is carried out; our steps taken again in PyTorch; and the ViT that neither has trained. */
export const SIDES = /** @type {const} */ (["ours", "torch", "replay", "untrained"]);

/** @typedef {typeof SIDES[number]} Side */

/** In the order of those that are known. @param {readonly string[]} known @returns {(text: string) => string[]} */
const someOf = (known) => (text) => {
  const names = text.split(",").filter((name) => name !== "");
  const unknown = names.find((name) => !known.includes(name));
  if (names.length > 0 && unknown === undefined) return known.filter((name) => names.includes(name));
  throw new InvalidArgumentError(`Expected some of ${known.join(", ")}, with commas, received ${unknown === undefined ? "none" : `"${unknown}"`}.`);
};

/**
 * Sizes of the whole suite. `tiny` is for trying it out and says nothing of methods. `small` takes less than an hour on two cores.
 *
 * @type {import("@ssl-vit/quality/sitting-sizes.js").Sizes}
 */
const sizes = {
  tiny: { imagesSeen: 256, trainImages: 200, testImages: 100, seeds: [0] },
  small: { imagesSeen: 12_800, trainImages: 5000, testImages: 10_000, seeds: [0, 1, 2] },
  full: { imagesSeen: 51_200, trainImages: 5000, testImages: 10_000, seeds: [0, 1, 2] },
};

const seeds = (/** @type {string} */ text) => [...new Set(text.split(",").map(wholeNumber(0)))];

const command = () =>
  withDataOptions(new Command("bench parity"), "labelled images to train on; PyTorch's side reads shards of WebDataset and CIFAR-10's binary files alone")
    .description("Trains the same recipe here and in PyTorch (timm, lightly, torchvision), and judges both encoders by the same evaluation.")
    .option("--methods <names>", `some of ${METHODS.join(", ")}`, someOf(METHODS), [...METHODS])
    .option("--sides <names>", `some of ${SIDES.join(", ")}; torch and replay need Python, and all others the runs of ours`, someOf(SIDES), [...SIDES])
    .addOption(sizeOption(sizes))
    .option("--images-seen <n>", "images of each training, whatever its batch, in place of the size's", wholeNumber(1))
    .option("--seeds <numbers>", "a training of each method on each side for each, in place of the size's", seeds)
    .option("--train-images <n>", "labelled images that evaluation learns from, in place of the size's", wholeNumber(20))
    .option("--test-images <n>", "labelled images that it is judged on, in place of the size's", wholeNumber(1))
    .option("--threads <n>", "of either side, beside the one that makes views", wholeNumber(1), availableParallelism())
    .option("--venv <dir>", "a Python environment with benchmarks/reference/requirements.txt (default: one is made in the cache folder, 6 GB)")
    .option("--out <dir>", "where results and runs go", results)
    .option("--resume", "go on with an interrupted sitting, or add methods and seeds to one")
    .option("--overwrite", "replace an earlier sitting")
    .option("--publish", "measure nothing: write results.json, RESULTS.md and its charts in this folder from the sitting in --out")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench parity\n  $ npx --yes pnpm@10 run bench parity --methods mae --seeds 0,1,2,3,4\n  $ npx --yes pnpm@10 run bench parity --budget tiny --sides ours");

/**
 * @typedef {OwnFlags & import("@ssl-vit/quality/data-options.js").DataFlags} Flags
 *
 * @typedef {object} OwnFlags
 * @property {string[]} methods
 * @property {Side[]} sides
 * @property {number} [budget] seconds after which nothing new is begun
 * @property {number} imagesSeen
 * @property {number[]} seeds
 * @property {number} trainImages
 * @property {number} testImages
 * @property {number} threads
 * @property {string} [venv]
 * @property {string} out
 * @property {boolean} [resume]
 * @property {boolean} [overwrite]
 * @property {boolean} [publish]
 */

/**
 * What to measure. Wrong arguments are told and end the process, or throw commander's error where `configure` says so.
 *
 * @param {readonly string[]} argv without the program
 * @param {(command: Command) => Command} [configure]
 * @returns {Flags}
 */
export function parseCommandLine(argv, configure = (given) => given) {
  const program = configure(command()).parse(argv, { from: "user" });
  const flags = program.opts();
  const refuse = (/** @type {string} */ message) => program.error(`error: ${message}`);
  if (flags["resume"] && flags["overwrite"]) refuse("expected one of --resume, --overwrite, received both.");
  const problem = dataProblem(flags);
  if (problem !== undefined) refuse(problem);
  return /** @type {Flags} */ (withSize(sizes, flags));
}
