import "../src/index.js";
import { getBackend, setBackend, type Tensor, tidy } from "@tensorflow/tfjs-core";

/** Values and shape of what `compute` gives on a backend. */
export interface Outcome {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** Runs on the named backend, reads the result and disposes it. The backend before comes back. */
export async function on(backend: "cpu" | "native", compute: () => Tensor | Tensor[]): Promise<Outcome[]> {
  const before = getBackend();
  await setBackend(backend);
  try {
    return tidy(() => {
      const results = [compute()].flat();
      return results.map((result) => ({ shape: result.shape, dtype: result.dtype, values: result.dataSync() })) as never;
    }) as unknown as Outcome[];
  } finally {
    await setBackend(before);
  }
}

/** Numbers in [-2, 2) that depend on the seed alone. */
export function noise(count: number, seed = 1): Float32Array {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 30 - 2;
  });
}
