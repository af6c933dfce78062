import { getBackend, memory } from "@tensorflow/tfjs-core";
import { median } from "./median.js";
import { type KernelCost, profileKernels } from "./profile-kernels.js";
import { createWorkload, type Scale, type WorkloadName, type WorkloadOptions } from "./workloads.js";

/** What to measure. */
export interface StepOptions extends WorkloadOptions {
  readonly workload: WorkloadName;
  /** Default `"reference"`. */
  readonly scale?: Scale;
  /** Steps that count. Default 6. */
  readonly steps?: number;
  /** Steps before them, in which memory is first touched and code compiled. Default 2. */
  readonly warmup?: number;
  /** Also measures every kernel. Default false. */
  readonly profile?: boolean;
  /** Called after each step that counts, with its time in ms. */
  readonly onStep?: (ms: number) => void;
}

/** A measurement of one workload. */
export interface StepResult {
  readonly workload: WorkloadName;
  readonly scale: Scale;
  readonly images: number;
  readonly steps: number;
  /** Median. */
  readonly ms: number;
  readonly msMin: number;
  readonly imagesPerSecond: number;
  /** Most memory that the process has held so far, in MB. */
  readonly peakRssMb: number;
  /** Means over the steps that count, the dearest first. */
  readonly profile?: readonly (KernelCost & {
    /** Of the step's time. */
    readonly share: number;
  })[];
}

/**
 * Times steps of a workload on the current backend. Each is timed until its numbers can be read.
 *
 * @throws Error when a step leaves tensors behind
 */
export function measureStep({ workload: name, scale = "reference", steps = 6, warmup = 2, profile = false, onStep, ...options }: StepOptions): StepResult {
  const workload = createWorkload(name, scale, options);
  const kernels = profile ? profileKernels(getBackend()) : undefined;
  const times: number[] = [];
  let tensors = 0;
  try {
    for (let index = 0; index < warmup + steps; index++) {
      if (index === warmup) {
        tensors = memory().numTensors;
        kernels?.take();
      }
      const start = performance.now();
      workload.step();
      const ms = performance.now() - start;
      if (index < warmup) continue;
      times.push(ms);
      onStep?.(ms);
    }
    const leaked = memory().numTensors - tensors;
    if (leaked !== 0) throw new Error(`[bench] ${name}: expected no tensor left behind, received ${leaked} after ${steps} steps.`);
  } finally {
    kernels?.stop();
    workload.dispose();
  }
  const ms = median(times);
  const total = times.reduce((sum, time) => sum + time, 0);
  const costs = kernels?.take().map((cost) => ({ kernel: cost.kernel, calls: cost.calls / steps, ms: cost.ms / steps, share: cost.ms / total }));
  return {
    workload: name,
    scale,
    images: workload.images,
    steps,
    ms,
    msMin: Math.min(...times),
    imagesPerSecond: (workload.images / ms) * 1000,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    ...(costs === undefined ? {} : { profile: costs }),
  };
}
