import { getKernelsForBackend, type KernelConfig, registerKernel, unregisterKernel } from "@tensorflow/tfjs-core";

/** What one kernel cost. */
export interface KernelCost {
  readonly kernel: string;
  readonly calls: number;
  /** Time inside the kernel, without kernels that it called, in ms. */
  readonly ms: number;
}

/** A measurement of every kernel of a backend. */
export interface KernelProfile {
  /** What was measured since the last call, the dearest kernel first. */
  take(): readonly KernelCost[];
  /** Puts the kernels back as they were. */
  stop(): void;
}

/**
 * Times every kernel of a backend, by a clock around each call (some 0.2 µs). Right for backends that compute before they return: cpu,
 * wasm, native, tfjs-node; not for GPUs.
 */
export function profileKernels(backendName: string): KernelProfile {
  const originals = getKernelsForBackend(backendName);
  const costs = new Map<string, { calls: number; ms: number }>();
  // Time spent in kernels called by the one that runs.
  let nested = 0;
  const timed = (original: KernelConfig): KernelConfig => ({
    ...original,
    kernelFunc: (call) => {
      const outer = nested;
      nested = 0;
      const start = performance.now();
      try {
        return original.kernelFunc(call);
      } finally {
        const ms = performance.now() - start;
        const cost = costs.get(original.kernelName) ?? { calls: 0, ms: 0 };
        cost.calls++;
        cost.ms += ms - nested;
        costs.set(original.kernelName, cost);
        nested = outer + ms;
      }
    },
  });
  const install = (kernels: readonly KernelConfig[]): void => {
    for (const kernel of kernels) {
      unregisterKernel(kernel.kernelName, backendName);
      registerKernel(kernel);
    }
  };
  install(originals.map(timed));
  return {
    take: () => {
      const result = [...costs].map(([kernel, cost]) => ({ kernel, ...cost })).sort((a, b) => b.ms - a.ms);
      costs.clear();
      return result;
    },
    stop: () => { install(originals); },
  };
}
