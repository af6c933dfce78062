import { fileURLToPath } from "node:url";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command, InvalidArgumentError, Option } from "commander";
import { dataProblem, withDataOptions } from "./data-options.js";
import { sizeOption, withSize } from "./sitting-sizes.js";

const results = fileURLToPath(new URL("results", import.meta.url));

/** @param {string} text */
function names(text) {
  const list = text.split(",").filter((name) => name !== "");
  if (list.length > 0) return [...new Set(list)];
  throw new InvalidArgumentError("Expected names with commas between them, received none.");
}

/**
 * Sizes of the whole suite. `tiny` is for trying it out: it says nothing of methods. `small` takes all methods within an hour on two cores.
 *
 * @type {import("./sitting-sizes.js").Sizes}
 */
const sizes = {
  tiny: { imagesSeen: 512, trainImages: 200, testImages: 100, seeds: [0] },
  small: { imagesSeen: 12_800, trainImages: 2000, testImages: 2000, seeds: [0, 1, 2] },
  full: { imagesSeen: 51_200, trainImages: 5000, testImages: 2000, seeds: [0, 1, 2] },
};

const wholeSeed = wholeNumber(0);
const seeds = (/** @type {string} */ text) => names(text).map((name) => wholeSeed(name));

const command = () =>
  withDataOptions(new Command("bench quality"), "labelled images to train on")
    .description("A short real training of every installed method, then k-NN and linear accuracy beside the untrained ViT and raw pixels.")
    .option("--methods <names>", "some of those of `ssl-vit list methods` (all)", names)
    .addOption(sizeOption(sizes))
    .option("--images-seen <n>", "images of each training, whatever its batch, in place of the size's", wholeNumber(1))
    .option("--seeds <numbers>", "one training of each method for each, in place of the size's", seeds)
    .option("--train-images <n>", "labelled images that evaluation learns from, in place of the size's", wholeNumber(20))
    .option("--test-images <n>", "labelled images that it is judged on, in place of the size's", wholeNumber(1))
    .option("--no-supervised", "leave out the ViT that is trained with labels")
    .addOption(new Option("--precision <name>", "of the trainings; evaluation is in float32").choices(["float32", "bfloat16"]).default("float32"))
    .option("--steps-only <n>", "only times so many steps of each method; no evaluation", wholeNumber(1))
    .option("--out <dir>", "where results and runs go", results)
    .option("--resume", "go on with an interrupted sitting, or add methods and seeds to one")
    .option("--overwrite", "replace an earlier sitting")
    .option("--publish", "measure nothing: write results.json, RESULTS.md and scores.svg of this folder from the sitting in --out")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench quality --budget small\n  $ npx --yes pnpm@10 run bench quality --methods simclr,mae --seeds 0,1,2\n  $ npx --yes pnpm@10 run bench quality --steps-only 12");

/** What times steps does not evaluate. */
const evaluationOnly = ["imagesSeen", "trainImages", "testImages", "testData", "supervised"];

/**
 * @typedef {OwnFlags & import("./data-options.js").DataFlags} Flags
 *
 * @typedef {object} OwnFlags
 * @property {string[]} [methods] all unless given
 * @property {number} [budget] seconds after which nothing new is begun
 * @property {number} imagesSeen
 * @property {boolean} supervised
 * @property {number[]} seeds
 * @property {number} trainImages
 * @property {number} testImages
 * @property {string} precision
 * @property {number} [stepsOnly]
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
  if (flags["stepsOnly"] !== undefined) {
    const given = program.options.filter((option) => evaluationOnly.includes(option.attributeName()) && program.getOptionValueSource(option.attributeName()) === "cli");
    if (given.length > 0) refuse(`expected no evaluation with --steps-only, received ${given.map(({ long }) => long).join(", ")}.`);
  }
  const problem = dataProblem(flags, { judges: flags["stepsOnly"] === undefined });
  if (problem !== undefined) refuse(problem);
  return /** @type {Flags} */ (withSize(sizes, flags));
}
