export { constantBelow, covarianceSpectrum } from "./covariance-spectrum.js";
export { effectiveRank } from "./effective-rank.js";
export { exponentialEntropy } from "./exponential-entropy.js";
export { rankMe } from "./rank-me.js";
export { singularValues } from "./singular-values.js";
