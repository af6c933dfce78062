export type { Float } from "./axes.js";
export { assertShape } from "./assert-shape.js";
export { assertViews } from "./assert-views.js";
export { type BatchPlan, planBatch } from "./batch-plan.js";
export { type BackendKernel, backendKernel } from "./backend-kernel.js";
export { changeableValues, type ChangeableValues } from "./changeable-values.js";
export { checkOptions, type OptionChecks } from "./check-options.js";
export { type Collective, singleProcess } from "./collective.js";
export { colorCorruptions, type CorruptionName, corruptionNames, type CorruptionScale, type CorruptionSeverity } from "./corruption-names.js";
export { defineMethod, isMethodFactory, type MethodDefinition } from "./define-method.js";
export type { Diagnosis, OptionChange } from "./diagnosis.js";
export type { DiagnosticSignals, PredictedPatches, ScoredAlternatives } from "./diagnostic-signals.js";
export { type CollectiveTransport, differentiableCollective } from "./differentiable-collective.js";
export { disposeSignals } from "./dispose-signals.js";
export { type ChunkOptions, encodeInChunks } from "./encode-in-chunks.js";
export {
  copyParameters,
  type Encoder,
  type EncoderFactory,
  type EncoderLayout,
  type ForwardContext,
  type ParameterMap,
  prefixParameters,
} from "./encoder.js";
export { ConfigError, type Problem, problemMessage, ShapeError, systemReason } from "./errors.js";
export { localSide } from "./local-side.js";
export { disposeMethod, type LossOutput, type Method, type MethodFactory, methodVariables, type StepContext } from "./method.js";
export { nearest } from "./nearest.js";
export { patchTokensOf, pooledFeature, pooledFeatures, pooledGroups } from "./pooled-feature.js";
export type { PendingSum, ProcessGroup } from "./process-group.js";
export { createRandom, philox, type Random } from "./random.js";
export type { OptimizerRecipe, ParameterGroup, Preset } from "./recipe.js";
export type { ImageSample, LoggedSignals, MonitoredRun, RunFacts, RunFailure, RunMonitor, StepObservation } from "./run-monitor.js";
export { type Progress, rateAt, type Schedule, type ScheduleFunction } from "./schedule.js";
export { squareSide } from "./square-side.js";
export { tidySignals } from "./tidy-signals.js";
export { viewGroups } from "./view-groups.js";
export { withGradient } from "./with-gradient.js";
export { withoutGradient } from "./without-gradient.js";
export { type ImageOperation, imagenetNormalization, type View, type ViewBatch, type ViewGroup, type ViewPolicy, viewsNamed } from "./view-policy.js";
