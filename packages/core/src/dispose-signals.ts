import { dispose, type TensorContainer } from "@tensorflow/tfjs-core";
import type { DiagnosticSignals } from "./diagnostic-signals.js";

/** Frees every tensor of what a method showed. */
export function disposeSignals(signals: DiagnosticSignals): void {
  dispose(signals as unknown as TensorContainer);
}
