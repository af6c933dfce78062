export { createMonitor, type MonitorOptions } from "./create-monitor.js";
export type { RunSignals } from "./run-signals.js";
export { describeDiagnosis } from "./describe-diagnosis.js";
export { diagnose } from "./diagnose.js";
export { readRun, type ReadRun } from "./read-run.js";
export { type DiagnosisName, type DiagnosisPage, diagnosisPages } from "./diagnosis-pages.js";
export { changeAsFlags } from "./settings.js";
export { sureness } from "./sureness.js";
export { allSeries, type SignalPoint, signalSeries } from "./signal-series.js";
