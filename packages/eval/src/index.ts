export { evaluateKnn, type KnnOptions } from "./evaluate-knn.js";
export { extractFeatures, type ExtractOptions } from "./extract-features.js";
export type { FeatureLayer, FeatureSet, FeatureSource } from "./feature-set.js";
export { knnPredict } from "./knn-predict.js";
export { linearProbe, type LinearProbeOptions, type LinearProbeResult } from "./linear-probe.js";
export type { VoteOptions } from "./neighbor-votes.js";
export { pixelFeatures } from "./pixel-features.js";
export { type EvaluationResult, type KnnProtocol, type LinearProtocol, protocolDifferences } from "./protocol.js";
