import { cutFiles, plainImages, repeatedImages, slowDisk } from "./broken-images.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Images that are no good, too few, or too late.
 *
 * @type {readonly Case[]}
 */
export const dataCases = [
  {
    ...{ name: "dino-black", method: "dino", half: "tuned", truth: "constant-images", way: "images-without-content" },
    breaking: "2,000 images that are black, or nearly: pixels of 0 to 1 written as whole numbers",
    data: plainImages(2000, (index) => index % 2),
    steps: 60,
  },
  {
    ...{ name: "mae-grey", method: "mae", half: "held-out", truth: "constant-images", way: "images-without-content" },
    breaking: "2,000 images of one grey each",
    data: plainImages(2000, (index) => index % 256),
    steps: 60,
  },
  {
    ...{ name: "simclr-ten-images", method: "simclr", half: "tuned", truth: "duplicated-images", way: "images-repeated" },
    breaking: "ten images, each 500 times",
    data: repeatedImages(10, 500),
    steps: 60,
  },
  {
    ...{ name: "simsiam-hundred-images", method: "simsiam", half: "held-out", truth: "duplicated-images", way: "images-repeated" },
    breaking: "a hundred images, each 20 times",
    data: repeatedImages(100, 20),
    steps: 60,
  },
  {
    ...{ name: "dinov2-cut-files", method: "dinov2", half: "tuned", truth: "broken-images", way: "files-cut-off" },
    breaking: "every second of 1,000 files is cut off in the middle",
    data: cutFiles(1000, (index) => index % 2 === 1),
  },
  {
    ...{ name: "ijepa-cut-files", method: "ijepa", half: "held-out", truth: "broken-images", way: "files-cut-off" },
    breaking: "a third of 1,000 files are cut off in the middle",
    data: cutFiles(1000, (index) => index % 3 === 2),
  },
  {
    ...{ name: "mae-64-images", method: "mae", half: "tuned", truth: "too-few-images", way: "few-images" },
    breaking: "64 images",
    data: repeatedImages(64, 1),
    batchSize: 64,
  },
  {
    ...{ name: "moco-128-images", method: "moco", half: "held-out", truth: "too-few-images", way: "few-images" },
    breaking: "128 images",
    data: repeatedImages(128, 1),
  },
  {
    ...{ name: "simmim-slow-disk", method: "simmim", half: "tuned", truth: "starving-loader", way: "slow-reading" },
    breaking: "a disk that takes 40 ms for each image",
    data: slowDisk(40),
    workers: 0,
    steps: 40,
  },
  {
    ...{ name: "simsiam-slow-network", method: "simsiam", half: "held-out", truth: "starving-loader", way: "slow-reading" },
    breaking: "images behind a network, 25 ms each",
    data: slowDisk(25),
    workers: 0,
    steps: 40,
  },
];
