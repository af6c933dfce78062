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
    });
  } finally {
    await setBackend(before);
  }
}
