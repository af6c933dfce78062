import { withoutDecoderPositions } from "./mistakes.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * Masks that leave too little to tell from, or too little to tell; decoders that do not know what they are asked.
 *
 * @type {readonly Case[]}
 */
export const maskCases = [
  {
    ...{ name: "mae-mask-0.98", method: "mae", half: "tuned", truth: "masked-too-much", way: "mask-ratio-high" },
    breaking: "maskRatio 0.98: one patch of 64 is seen",
    options: { maskRatio: 0.98 },
  },
  {
    ...{ name: "simmim-mask-0.97", method: "simmim", half: "held-out", truth: "masked-too-much", way: "mask-ratio-high" },
    breaking: "maskRatio 0.97: one patch of 64 is seen",
    options: { maskRatio: 0.97 },
  },
  {
    ...{ name: "simmim-mask-0.03", method: "simmim", half: "tuned", truth: "masked-too-little", way: "mask-ratio-low" },
    breaking: "maskRatio 0.03: two patches of 64 are masked",
    options: { maskRatio: 0.03 },
  },
  {
    ...{ name: "mae-mask-0.05", method: "mae", half: "held-out", truth: "masked-too-little", way: "mask-ratio-low" },
    breaking: "maskRatio 0.05: four patches of 64 are masked",
    options: { maskRatio: 0.05 },
  },
  {
    ...{ name: "mae-without-positions", method: "mae", half: "tuned", truth: "decoder-predicts-mean", way: "decoder-without-positions" },
    breaking: "the decoder's positions are 0: it cannot tell one masked patch from another",
    mistake: withoutDecoderPositions,
    steps: 90,
  },
  {
    ...{ name: "cmae-without-positions", method: "cmae", half: "held-out", truth: "decoder-predicts-mean", way: "decoder-without-positions" },
    breaking: "the decoders' positions are 0: they cannot tell one masked patch from another",
    mistake: withoutDecoderPositions,
    steps: 90,
  },
];
