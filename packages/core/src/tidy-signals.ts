import { tidy, type TensorContainer } from "@tensorflow/tfjs-core";
import type { DiagnosticSignals } from "./diagnostic-signals.js";

/** `tidy` for a method's `signals`: frees what they were computed of, and keeps them, whatever they are besides tensors. */
export function tidySignals(compute: () => DiagnosticSignals): DiagnosticSignals {
  return tidy(() => compute() as unknown as TensorContainer) as unknown as DiagnosticSignals;
}
