import { createRequire } from "node:module";
import { backend } from "@tensorflow/tfjs-core";
import type { FoundPackage } from "./find-package.js";
import { startBackend } from "./start-backend.js";
import { threadCount } from "./thread-count.js";

/** Imports @tensorflow/tfjs-node or its GPU twin; both register the tfjs backend "tensorflow". */
export async function loadTensorFlow(found: FoundPackage): Promise<void> {
  // tfjs-node calls util.isNullOrUndefined, which Node 23 removed.
  const util = createRequire(import.meta.url)("node:util") as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === undefined || value === null;
  // TensorFlow reads its thread count once, when it starts.
  process.env["TF_NUM_INTRAOP_THREADS"] ??= String(threadCount());
  await import(found.entry);
}

/** Starts TensorFlow on the GPU; without one, tfjs-node-gpu would compute on the CPU and not say so. */
export async function startTensorFlowGpu(): Promise<void> {
  await startBackend("tensorflow");
  const { isUsingGpuDevice } = backend() as { isUsingGpuDevice?: boolean };
  if (isUsingGpuDevice !== true) throw new Error("TensorFlow finds no GPU; it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1");
}
