import { createRequire } from "node:module";
import { backend } from "@tensorflow/tfjs-core";
import type { FoundPackage } from "./find-package.js";
import { startBackend } from "./start-backend.js";
import { threadCount } from "./thread-count.js";
import { withoutAdvice } from "./without-advice.js";

/** Gives Node's util module the two functions that tfjs-node calls: Node 23 removed the first, and warns of the second since 22. */
function mendUtil(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, (value: unknown) => boolean>;
  util["isNullOrUndefined"] = (value) => value === undefined || value === null;
  util["isArray"] = Array.isArray;
}

/** Imports @tensorflow/tfjs-node or its GPU twin; both register the tfjs backend "tensorflow". */
export async function loadTensorFlow(found: FoundPackage): Promise<void> {
  mendUtil();
  // TensorFlow reads both once, when it starts. Of what it prints, 1 leaves out its descriptions of the machine.
  process.env["TF_NUM_INTRAOP_THREADS"] = String(threadCount());
  process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "1";
  await withoutAdvice(() => import(found.entry));
}

/** Starts TensorFlow on the GPU; without one, tfjs-node-gpu would compute on the CPU and not say so. */
export async function startTensorFlowGpu(): Promise<void> {
  await startBackend("tensorflow");
  const { isUsingGpuDevice } = backend() as { isUsingGpuDevice?: boolean };
  if (isUsingGpuDevice !== true) throw new Error("TensorFlow finds no GPU; it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1");
}
