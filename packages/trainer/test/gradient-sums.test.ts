import { type PendingSum, type ProcessGroup, singleProcess } from "@ssl-vit/core";
import { dispose, memory, ones, type Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gradientSums } from "../src/gradient-sums.js";

/** A group of two whose other process brings the same numbers; a sum is there when it is waited for. */
function twin(): { group: ProcessGroup; lengths: number[] } {
  const lengths: number[] = [];
  const unused = (): never => {
    throw new Error("not used");
  };
  const startSum = (values: Float32Array<ArrayBuffer>): PendingSum => {
    lengths.push(values.length);
    return {
      isDone: () => false,
      wait: () => {
        values.forEach((value, index) => {
          values[index] = 2 * value;
        });
      },
    };
  };
  return { group: { ...singleProcess, size: 2, transport: "", places: [], startSum, broadcast: unused, exchange: unused, agree: unused, abort: unused }, lengths };
}

describe("gradientSums", () => {
  it("sums large gradients by themselves and small ones together, also those that nobody told of before", () => {
    const { group, lengths } = twin();
    const sums = gradientSums(group);
    for (let round = 0; round < 2; round++) {
      const gradients: Record<string, Tensor> = { bias: ones([3]), weight: ones([200, 100]), scale: ones([5]), other: ones([100, 200]) };
      sums.add("weight", gradients["weight"]!);
      sums.add("scale", gradients["scale"]!);
      const before = memory().numTensors;
      const results = sums.finish(gradients);
      expect(memory().numTensors).toBe(before);
      expect(Object.keys(results)).toEqual(Object.keys(gradients));
      for (const [name, result] of Object.entries(results)) {
        expect(result.shape, name).toEqual(name === "bias" ? [3] : name === "scale" ? [5] : name === "weight" ? [200, 100] : [100, 200]);
        expect(new Set(result.dataSync()), name).toEqual(new Set([2]));
      }
      dispose(Object.values(results));
    }
    expect(lengths).toEqual([20_000, 20_000, 8, 20_000, 20_000, 8]);
  });

  it("sends many small ones before the end", () => {
    const { group, lengths } = twin();
    const sums = gradientSums(group);
    const gradients = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [String(index), ones([16_000])]));
    for (const [name, gradient] of Object.entries(gradients)) sums.add(name, gradient);
    expect(lengths).toEqual([272_000]);
    const results = sums.finish(gradients);
    expect(lengths).toEqual([272_000, 48_000]);
    for (const result of Object.values(results)) expect(new Set(result.dataSync())).toEqual(new Set([2]));
    dispose(Object.values(results));
  });
});
