export { estimateRun, type RunEstimate } from "./estimate-run.js";
export { type LoadOptions, loadEncoderWeights, loadMethodWeights } from "./load-weights.js";
export { type CheckpointLocation, locateCheckpoint } from "./read-checkpoint.js";
export { readRunConfig, type RunConfig, type SavedRun } from "./run-config.js";
export type { RunEngine } from "./run-engine.js";
export type { StepReport } from "./step-report.js";
export type { EvaluationMoment, TrainOptions } from "./train-options.js";
export { train } from "./train.js";
export { type StepNumbers, trainingStep } from "./training-step.js";
