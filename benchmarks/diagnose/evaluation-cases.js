/** @typedef {import("./case.js").Case} Case */

/**
 * Trainings that are judged on other pixels than they see.
 *
 * @type {readonly Case[]}
 */
export const evaluationCases = [
  {
    ...{ name: "simclr-evaluated-unnormalised", method: "simclr", half: "tuned", truth: "preprocessing-differs", way: "other-normalisation-in-evaluation" },
    breaking: "evaluation leaves pixels at 0 to 1, training normalises them",
    evaluation: { normalize: { mean: [0], std: [1] } },
  },
  {
    ...{ name: "mae-evaluated-255", method: "mae", half: "held-out", truth: "preprocessing-differs", way: "other-normalisation-in-evaluation" },
    breaking: "evaluation leaves pixels at 0 to 255, training normalises them",
    evaluation: { normalize: { mean: [0], std: [1 / 255] } },
  },
];
