// tfjs-core registers no gradients of its own in Node.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";

export { engineNames, type EngineName, type Precision } from "./engine-definitions.js";
export { type DoctorReport, type EngineStatus, inspectEngines } from "./inspect-engines.js";
export { type EngineOptions, type EngineReport, prepareEngine } from "./prepare-engine.js";
export { threadCount } from "./thread-count.js";
