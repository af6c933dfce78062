import { binding } from "./binding.js";

/** What matrix products multiply in. Tensors and sums are float32 in any case. */
export type Precision = "float32" | "bfloat16";

let current: Precision = "float32";

/**
 * Chooses what matrix products multiply in, for the whole process. Returns what holds from now on: "float32" where the processor has no
 * bfloat16 instructions, or has them only at a lower speed than float32.
 */
export function setPrecision(precision: Precision): Precision {
  current = binding.useBfloat16(precision === "bfloat16") ? "bfloat16" : "float32";
  return current;
}

/** What the addon uses of the machine. */
export interface NativeInfo {
  /** `"avx512bf16"`, `"avx512"`, `"avx2"` or `"portable"`; `SSL_VIT_CPU` asks for a lower one. */
  readonly instructions: string;
  /** Threads that compute: `SSL_VIT_THREADS`, or the available cores. */
  readonly threads: number;
  readonly precision: Precision;
}

/** What computes here: instructions, threads, precision. */
export function nativeInfo(): NativeInfo {
  return { instructions: binding.instructions(), threads: binding.threads(), precision: current };
}
