export { assignVariables, type LoadedCheckpoint, readCheckpoint, restoreCheckpoint } from "./checkpoint.js";
export type { RunConfig } from "./run-config.js";
export type { StepReport } from "./step-report.js";
export type { TrainOptions } from "./train-options.js";
export { train } from "./train.js";
