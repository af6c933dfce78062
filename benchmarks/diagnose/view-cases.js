import { without, withoutAugmentation } from "./broken-views.js";
import { secondViewOfNextImage } from "./mistakes.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Views that are the same, or of different images.
 *
 * @type {readonly Case[]}
 */
export const viewCases = [
  {
    ...{ name: "simclr-not-augmented", method: "simclr", half: "tuned", truth: "views-identical", way: "augmentation-off" },
    breaking: "every operation but the resizing is removed",
    views: withoutAugmentation,
  },
  {
    ...{ name: "byol-not-augmented", method: "byol", half: "held-out", truth: "views-identical", way: "augmentation-off" },
    breaking: "every operation but the resizing is removed",
    views: withoutAugmentation,
  },
  {
    ...{ name: "vicreg-whole-images", method: "vicreg", half: "held-out", truth: "views-identical", way: "crops-of-everything" },
    breaking: "crops of the whole image, and no other operation: a share of 0.99 to 1 in place of 0.2 to 1",
    options: { cropScale: [0.99, 1] },
    views: without(["horizontalFlip", "colorJitter", "grayscale", "solarize", "gaussianBlur"]),
  },
  {
    ...{ name: "barlow-twins-next-image", method: "barlow-twins", half: "tuned", truth: "views-unrelated", way: "second-view-of-next-image" },
    breaking: "the second view is that of the next image",
    mistake: secondViewOfNextImage,
  },
  {
    ...{ name: "simclr-next-image", method: "simclr", half: "held-out", truth: "views-unrelated", way: "second-view-of-next-image" },
    breaking: "the second view is that of the next image",
    mistake: secondViewOfNextImage,
  },
];
