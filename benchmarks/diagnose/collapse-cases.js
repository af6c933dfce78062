import { withoutCenters } from "./mistakes.js";
import { byolWithoutStop, simsiamWithoutStop } from "./siamese-without-stop.js";

/** @typedef {import("./case.js").Case} Case */

/**
 * What keeps embeddings apart is missing: all images become one, all dimensions one, or one prototype takes all.
 *
 * @type {readonly Case[]}
 */
export const collapseCases = [
  {
    ...{ name: "vicreg-invariance-alone", method: "vicreg", half: "tuned", truth: "collapse-to-point", way: "nothing-keeps-apart" },
    breaking: "weights of variance and covariance 0: only the views' agreement is left",
    options: { varianceWeight: 0, covarianceWeight: 0 },
  },
  {
    ...{ name: "lejepa-without-sigreg", method: "lejepa", half: "held-out", truth: "collapse-to-point", way: "nothing-keeps-apart" },
    breaking: "sigregWeight 0: only the views' agreement is left",
    options: { sigregWeight: 0 },
  },
  {
    ...{ name: "vicreg-without-covariance", method: "vicreg", half: "tuned", truth: "dimensional-collapse", way: "dimensions-may-repeat" },
    breaking: "covarianceWeight 0: every dimension may say the same",
    options: { covarianceWeight: 0 },
  },
  {
    ...{ name: "barlow-twins-without-redundancy", method: "barlow-twins", half: "held-out", truth: "dimensional-collapse", way: "dimensions-may-repeat" },
    breaking: "redundancyWeight 0: every dimension may say the same",
    options: { redundancyWeight: 0 },
  },
  {
    ...{ name: "dino-center-stands", method: "dino", half: "tuned", truth: "one-prototype", way: "center-never-applied" },
    breaking: "centerMomentum 1: the center stays 0",
    options: { centerMomentum: 1 },
  },
  {
    ...{ name: "ibot-center-forgotten", method: "ibot", half: "held-out", truth: "one-prototype", way: "center-never-applied" },
    breaking: "the centers of [CLS] and of patches are computed and never taken off",
    mistake: withoutCenters,
  },
  {
    ...{ name: "msn-nothing-shares-out", method: "msn", half: "held-out", truth: "one-prototype", way: "prototypes-not-shared-out" },
    breaking: "meanEntropyWeight 0 and no Sinkhorn-Knopp: nothing keeps the prototypes in use",
    options: { meanEntropyWeight: 0, sinkhornIterations: 0 },
  },
  {
    ...{ name: "simsiam-gradient-in-target", method: "simsiam", half: "tuned", truth: "missing-stop-gradient", way: "stop-gradient-missing" },
    breaking: "the gradient flows into the target as well",
    factory: /** @type {import("./case.js").MethodFactory} */ (simsiamWithoutStop),
  },
  {
    ...{ name: "byol-own-target", method: "byol", half: "held-out", truth: "missing-stop-gradient", way: "stop-gradient-missing" },
    breaking: "the target is the student itself, and the gradient flows into it",
    factory: /** @type {import("./case.js").MethodFactory} */ (byolWithoutStop),
  },
];
