import { largerPixels } from "./broken-views.js";
import { smallerPatchEmbedding } from "./mistakes.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Steps that are too large, too small, or too large in one place.
 *
 * @type {readonly Case[]}
 */
export const stepCases = [
  {
    ...{ name: "mae-rate-200", method: "mae", half: "tuned", truth: "learning-rate-too-high", way: "rate-too-high" },
    breaking: "learning rate times 200",
    optimizer: { learningRate: 0.3 },
  },
  {
    ...{ name: "simclr-rate-300", method: "simclr", half: "held-out", truth: "learning-rate-too-high", way: "rate-too-high" },
    breaking: "learning rate times 300",
    optimizer: { learningRate: 0.3 },
  },
  {
    ...{ name: "dinov2-sgd-rate", method: "dinov2", half: "held-out", truth: "learning-rate-too-high", way: "rate-of-another-optimizer" },
    breaking: "AdamW with the rate of an SGD recipe, 0.5, and no clipping",
    optimizer: { learningRate: 0.5, clipNorm: 0 },
  },
  {
    ...{ name: "vicreg-rate-1e-7", method: "vicreg", half: "tuned", truth: "learning-rate-too-low", way: "rate-too-low" },
    breaking: "learning rate 1e-7 in place of 0.002",
    optimizer: { learningRate: 1e-7 },
  },
  {
    ...{ name: "mae-rate-1e-7", method: "mae", half: "held-out", truth: "learning-rate-too-low", way: "rate-too-low" },
    breaking: "learning rate 1e-7 in place of 0.0015",
    optimizer: { learningRate: 1e-7 },
  },
  {
    ...{ name: "swav-warm-up", method: "swav", half: "held-out", truth: "learning-rate-too-low", way: "warm-up-too-long" },
    breaking: "a warm-up of 10,000 epochs: 10 was meant",
    optimizer: { warmupEpochs: 10_000 },
  },
  {
    ...{ name: "moco-pixels-255", method: "moco", half: "tuned", truth: "exploding-patch-embedding", way: "patch-embedding-in-other-units" },
    breaking: "pixels of 0 to 255 into a patch embedding that starts 255 times as small, so that its tokens are the same",
    views: largerPixels(255),
    mistake: smallerPatchEmbedding(255),
  },
  {
    ...{ name: "mae-pixels-100", method: "mae", half: "held-out", truth: "exploding-patch-embedding", way: "patch-embedding-in-other-units" },
    breaking: "pixels 100 times too large, into a patch embedding that starts 100 times as small",
    views: largerPixels(100),
    mistake: smallerPatchEmbedding(100),
  },
];
