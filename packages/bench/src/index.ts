export { measureStep, type StepOptions, type StepResult } from "./measure-step.js";
export { median } from "./median.js";
export { type KernelCost, type KernelProfile, profileKernels } from "./profile-kernels.js";
export { createWorkload, type Scale, type Workload, type WorkloadName, workloadNames, type WorkloadOptions } from "./workloads.js";
