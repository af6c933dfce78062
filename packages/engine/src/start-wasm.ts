import { registerWasmKernels } from "./register-wasm-kernels.js";
import { startBackend } from "./start-backend.js";

/** Starts tfjs's wasm backend and keeps the process as it was: single-threaded, with its own handling of uncaught errors. */
export async function startWasm(): Promise<void> {
  registerWasmKernels();
  const uncaught = new Set(process.listeners("uncaughtException"));
  const unhandled = new Set(process.listeners("unhandledRejection"));
  try {
    await startBackend("wasm");
  } finally {
    // Emscripten's start-up code rethrows every uncaught error of the process as its own, which changes its place and the exit code.
    for (const listener of process.listeners("uncaughtException")) if (!uncaught.has(listener)) process.off("uncaughtException", listener);
    for (const listener of process.listeners("unhandledRejection")) if (!unhandled.has(listener)) process.off("unhandledRejection", listener);
  }
}
