import { engine, getBackend, getKernel, type KernelConfig, type NamedAttrMap, type NamedTensorMap, type Tensor } from "@tensorflow/tfjs-core";

/** A kernel of the current backend. Its results are new tensors, the caller's. */
export type BackendKernel = (inputs: Readonly<Record<string, Tensor>> | readonly Tensor[], attributes?: object) => Tensor[];

/**
 * A kernel that tfjs itself does not know, where the current backend has it (@ssl-vit/backend-native, KERNELS.md). Nothing is recorded
 * for the gradient: call it inside `customGrad`, with the kernel of the gradient.
 */
export function backendKernel(name: string): BackendKernel | undefined {
  // tfjs says that a kernel is always found.
  if ((getKernel(name, getBackend()) as KernelConfig | undefined) === undefined) return undefined;
  return (inputs, attributes = {}) => [engine().runKernel<Tensor | Tensor[]>(name, inputs as NamedTensorMap, attributes as NamedAttrMap)].flat();
}
