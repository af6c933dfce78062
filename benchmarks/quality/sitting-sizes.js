import { nearest } from "@ssl-vit/core";
import { timeSpan } from "@ssl-vit/sitting/time-budget.js";
import { InvalidArgumentError, Option } from "commander";

/** @typedef {Readonly<Record<string, { imagesSeen: number, trainImages: number, testImages: number, seeds: number[] }>>} Sizes by name; `small` is the default */

/** A size's name, or a time in seconds. @param {readonly string[]} names of sizes @param {string} text */
function sizeOrTime(names, text) {
  if (names.includes(text)) return text;
  try {
    return timeSpan(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const hint = nearest(text, names);
    throw new InvalidArgumentError(`${error.message} Or a size: ${names.join(", ")}.${hint === undefined ? "" : ` Did you mean "${hint}"?`}`);
  }
}

/** `--budget`: a size's name, or a time. @param {Sizes} sizes */
export function sizeOption(sizes) {
  const said = Object.entries(sizes).map(([name, { imagesSeen, seeds: { length } }]) => `${name} (${imagesSeen} images seen, ${length === 1 ? "one seed" : `${length} seeds`})`);
  return new Option("--budget <size|time>", `${said.join(", ")}; or a time, 10m, after which nothing new is begun (small)`).argParser((text) => sizeOrTime(Object.keys(sizes), text));
}

/**
 * What `--budget` stands for, in whose place the other options may say something else.
 *
 * @param {Sizes} sizes @param {Record<string, unknown>} flags with `budget` as that option gives it
 * @returns {Record<string, unknown>} with `budget` in seconds where it was a time
 */
export function withSize(sizes, { budget: size = "small", ...flags }) {
  return { ...sizes[typeof size === "string" ? size : "small"], ...flags, ...(typeof size === "number" ? { budget: size } : {}) };
}
