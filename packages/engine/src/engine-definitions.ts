import type { FoundPackage } from "./find-package.js";
import { nativeInstructions, setNativePrecision } from "./native-settings.js";
import { startBackend } from "./start-backend.js";
import { startCpu } from "./start-cpu.js";
import { loadTensorFlow, startTensorFlowGpu } from "./start-tensorflow.js";
import { startWasm } from "./start-wasm.js";

/** How matrix products are multiplied. Tensors are float32 with both. */
export type Precision = "float32" | "bfloat16";

/** Every engine, the one to prefer first. */
export const engineNames = ["tensorflow-gpu", "tensorflow", "native", "wasm", "cpu"] as const;
/** One of {@link engineNames}. */
export type EngineName = (typeof engineNames)[number];

/** One engine: what to know of it, and how it is brought up. */
interface EngineDefinition {
  readonly package: string;
  readonly description: string;
  /** Whether `auto` may choose it. */
  readonly automatic: boolean;
  readonly multithreaded: boolean;
  /** Imports the package, which registers its tfjs backend. Throws an Error with the reason. */
  load(found: FoundPackage): Promise<unknown>;
  /** Makes its tfjs backend the current one. Throws an Error with the reason. */
  start(): Promise<void>;
  /** Asks for a precision of the loaded engine; resolves to the one in force. An engine without it computes in float32. */
  setPrecision?(found: FoundPackage, precision: Precision): Promise<Precision>;
  /** The processor's instructions that its kernels use, of an engine that has kernels for several: each rounds in its own way. */
  instructions?(found: FoundPackage): Promise<string>;
}

export const engineDefinitions: Readonly<Record<EngineName, EngineDefinition>> = {
  "tensorflow-gpu": {
    package: "@tensorflow/tfjs-node-gpu",
    description: "TensorFlow on an NVIDIA GPU",
    automatic: false,
    multithreaded: true,
    load: loadTensorFlow,
    start: startTensorFlowGpu,
  },
  tensorflow: {
    package: "@tensorflow/tfjs-node",
    description: "TensorFlow on the CPU",
    automatic: false,
    multithreaded: true,
    load: loadTensorFlow,
    start: () => startBackend("tensorflow"),
  },
  native: {
    package: "@ssl-vit/backend-native",
    description: "ssl-vit's own kernels on the CPU",
    automatic: true,
    multithreaded: true,
    load: (found) => import(found.entry),
    start: () => startBackend("native"),
    setPrecision: setNativePrecision,
    instructions: nativeInstructions,
  },
  wasm: {
    package: "@tensorflow/tfjs-backend-wasm",
    description: "WebAssembly, one thread",
    automatic: true,
    multithreaded: false,
    load: () => import("@tensorflow/tfjs-backend-wasm"),
    start: startWasm,
  },
  cpu: {
    package: "@tensorflow/tfjs-backend-cpu",
    description: "plain JavaScript, one thread",
    automatic: true,
    multithreaded: false,
    load: () => import("@tensorflow/tfjs-backend-cpu"),
    start: startCpu,
  },
};
