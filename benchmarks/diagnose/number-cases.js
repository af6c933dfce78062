import { photographsWithBlack } from "./broken-images.js";
import { stretchedViews } from "./mistakes.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Numbers that are lost although every step is as it should be.
 *
 * @type {readonly Case[]}
 */
export const numberCases = [
  {
    ...{ name: "simsiam-black-image", method: "simsiam", half: "tuned", truth: "not-finite", way: "division-by-zero" },
    breaking: "views are divided by the range of their values without an epsilon, and one of 4,000 photographs is black",
    data: photographsWithBlack(4000, 2035),
    mistake: stretchedViews,
  },
];
