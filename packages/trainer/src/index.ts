export { loadEncoderWeights, loadMethodWeights } from "./load-weights.js";
export type { RunConfig } from "./run-config.js";
export type { StepReport } from "./step-report.js";
export type { TrainOptions } from "./train-options.js";
export { train } from "./train.js";
export { type StepNumbers, trainingStep } from "./training-step.js";
