import { backend, engine, setBackend, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { expect, it, vi } from "vitest";
import { NativeBackend } from "../src/index.js";
import { resized } from "./bad-input.js";
import { type Sample, samples } from "./kernel-samples.js";

/** What a kernel gives where all memory that it asks for is full of a number. Nothing if it refuses. */
function results(native: NativeBackend, name: string, { inputs, attributes }: Sample, full: number): unknown {
  const original = native.fresh.bind(native);
  const fresh = vi.spyOn(native, "fresh").mockImplementation((shape, dtype) => {
    const made = original(shape, dtype);
    made.values.fill(full);
    return made;
  });
  try {
    return [engine().runKernel<Tensor | Tensor[]>(name, inputs as never, attributes as never)].flat().map((result) => [result.shape, result.dataSync()]);
  } catch {
    return undefined;
  } finally {
    fresh.mockRestore();
  }
}

// The memory of a result is that of disposed tensors: what a kernel left out would be another tensor's values.
it.each(Object.entries(samples))("%s writes every value of its results", async (name, make) => {
  await setBackend("native");
  const native = backend();
  if (!(native instanceof NativeBackend)) throw new Error("the native backend is not in use");
  tidy(() => {
    for (const sample of make()) {
      const calls = [sample, ...Object.values(resized(sample)).map((change) => change())];
      expect(results(native, name, sample, 0)).toBeDefined();
      for (const call of calls) expect(results(native, name, call, 113)).toEqual(results(native, name, call, 0));
    }
  });
});
