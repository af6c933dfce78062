import { timeSpan } from "@ssl-vit/sitting/time-budget.js";
import { Option } from "commander";

/** @typedef {Readonly<Record<string, { imagesSeen: number, trainImages: number, testImages: number, seeds: number[] }>>} Sizes by name; `small` is the default */

/** `--budget`: a size's name, or a time. @param {Sizes} sizes */
export function sizeOption(sizes) {
  const said = Object.entries(sizes).map(([name, { imagesSeen, seeds: { length } }]) => `${name} (${imagesSeen} images seen, ${length === 1 ? "one seed" : `${length} seeds`})`);
  return new Option("--budget <size|time>", `${said.join(", ")}; or a time, 10m, after which nothing new is begun (small)`).argParser((text) => (Object.hasOwn(sizes, text) ? text : timeSpan(text)));
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
