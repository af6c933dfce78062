import { getKernel, type KernelFunc, registerKernel, type TensorInfo, unregisterKernel } from "@tensorflow/tfjs-core";
import type { NativeBackend } from "./native-backend.js";

export const backendName = "native";

/** What a kernel is called with. Names of inputs and attributes are those of tfjs or of KERNELS.md. */
export interface Call<Inputs, Attributes> {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: NativeBackend;
}

type Result = TensorInfo | TensorInfo[];

const guarded =
  (compute: KernelFunc): KernelFunc =>
  (call) =>
    (call as unknown as Call<unknown, unknown>).backend.undoOnError(() => compute(call));

/** Registers a kernel that tfjs does not know. */
export function define<Inputs, Attributes>(name: string, compute: (call: Call<Inputs, Attributes>) => Result): void {
  registerKernel({ kernelName: name, backendName, kernelFunc: guarded(compute as unknown as KernelFunc) });
}

/** Puts a kernel in the place of the CPU backend's, which still serves the calls that `compute` declines (by undefined). */
export function replace<Inputs, Attributes>(name: string, compute: (call: Call<Inputs, Attributes>) => Result | undefined): void {
  // The registry says that a kernel is always found; for a name that this version of tfjs lacks, none is.
  const original = getKernel(name, backendName) as { kernelFunc: KernelFunc } | undefined;
  if (original === undefined) return;
  const { kernelFunc } = original;
  unregisterKernel(name, backendName);
  registerKernel({
    kernelName: name,
    backendName,
    kernelFunc: guarded((call) => compute(call as unknown as Call<Inputs, Attributes>) ?? kernelFunc(call)),
  });
}
