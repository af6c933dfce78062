export { type Cost, type CostOptions, measureCost } from "./measure-cost.js";
export { measurePresetCost, type PresetCost, type PresetCostOptions } from "./measure-preset-cost.js";
export { measureStep, type StepOptions, type StepResult } from "./measure-step.js";
export { median } from "./median.js";
export { type KernelCost, type KernelProfile, profileKernels } from "./profile-kernels.js";
export { createWorkload, type Scale, type Workload, type WorkloadName, workloadNames, type WorkloadOptions } from "./workloads.js";
