import type { MethodFactory, OptimizerRecipe } from "@ssl-vit/core";
import { simclr } from "@ssl-vit/simclr";
import { nativeWhereBuilt } from "@ssl-vit/testing";
import { conv2d, einsum, fill, fused, getBackend, matMul, maxPool, memory, mul, type Rank, reshape, setBackend, type Tensor, tensor1d, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, test } from "vitest";
import type { ShapeBackend } from "../src/shape-backend/shape-backend.js";
import { onShapeBackend, shapeBackendName, shapeRules } from "../src/shape-backend/start-shape-backend.js";
import { allMethods } from "./all-methods.js";
import { type RecordedStep, recordStep } from "./recorded-step.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));

/** Runs on the shape backend, host's values kept. */
const withValues = <R>(run: (shapes: ShapeBackend) => R): Promise<R> =>
  onShapeBackend((shapes) => {
    shapes.keepsValues = true;
    try {
      return run(shapes);
    } finally {
      shapes.keepsValues = false;
    }
  });

const recorded = new Map<string, RecordedStep>();
/** A step on shapes, once for both tests of a case. */
async function onShapes(name: string, factory: MethodFactory, recipe?: OptimizerRecipe): Promise<RecordedStep> {
  const step = recorded.get(name) ?? (await withValues(() => recordStep(factory, shapeBackendName, recipe)));
  recorded.set(name, step);
  return step;
}

/** Kernels that need no rule: their results share the input's data, or follow from attributes. */
const withoutRule = ["Identity", "Reshape", "ExpandDims", "Range"];

const sgd: OptimizerRecipe = { name: "sgd", learningRate: 0.1, weightDecay: 0.1 };
const recipes: Readonly<Record<string, OptimizerRecipe>> = { sgd, lars: { ...sgd, name: "lars" }, lamb: { ...sgd, name: "lamb", clipNorm: 1 } };
const cases = [
  ...allMethods.map((factory) => [factory.methodName, factory, undefined] as const),
  ...Object.entries(recipes).map(([name, recipe]) => [`simclr with ${name}`, simclr as unknown as MethodFactory, recipe] as const),
];

afterEach(async () => { await setBackend("cpu"); });

describe.each(cases)("%s: a training step", (name, factory, recipe) => {
  test("has the shapes and dtypes that the CPU backend gives, and rules for all kernels", async () => {
    const { calls, differences, leftBytes } = await onShapes(name, factory, recipe);
    expect(differences).toEqual([]);
    expect(leftBytes).toBe(0);
    const kernels = new Set(calls.map((call) => call.split(" ")[0]!));
    expect([...kernels].filter((kernel) => !(kernel in shapeRules) && !withoutRule.includes(kernel))).toEqual([]);
    expect(calls.length).toBeGreaterThan(100);
  });

  test.each(native)("calls the kernels of the %s engine, with the same results in the same order, and holds as much", async (backend) => {
    const expected = await onShapes(name, factory, recipe);
    await setBackend(backend);
    const { calls, idleBytes, peakBytes } = recordStep(factory, backend, recipe);
    expect(expected.calls).toEqual(calls);
    expect(expected.peakBytes).toBe(peakBytes);
    // Casts of indices, which are computed here by the CPU backend, and the order of an optimizer's results make small differences.
    const apart = Math.max(...idleBytes.map((idle, call) => Math.abs(idle - expected.idleBytes[call]!)));
    expect(apart / Math.max(...idleBytes)).toBeLessThan(0.05);
  });
});

describe("the shape backend", () => {
  test("knows what the host has given and what follows from it; of all else each value is 1", async () => {
    await withValues(() => {
      tidy(() => {
        const known = tensor1d([2, 3, 4]);
        expect([...mul(known, known).dataSync()]).toEqual([4, 9, 16]);
        expect([...mul(known, fill([3], 7)).dataSync()]).toEqual([14, 21, 28]);
        const unknown = matMul(tensor2d([[1, 2]]), fill<Rank.R2>([2, 3_000_000], 1));
        expect(unknown.shape).toEqual([1, 3_000_000]);
        expect(unknown.dataSync()[2_999_999]).toBe(1);
      });
    });
  });

  test("keeps nothing of the host's values where it is not asked to", async () => {
    await onShapeBackend(() => {
      const weights = tensor1d([5, 6]);
      expect([...weights.dataSync()]).toEqual([1, 1]);
      weights.dispose();
    });
  });

  test("counts products as PyTorch does: 2·m·k·n", async () => {
    const flopsOf = (compute: () => Tensor): Promise<number> =>
      onShapeBackend((shapes) => {
        shapes.take();
        tidy(() => { compute(); });
        return shapes.take().flops;
      });
    const zeros = (...shape: number[]): Tensor => fill(shape, 0);
    expect(await flopsOf(() => matMul(zeros(5, 2, 3), zeros(5, 3, 4)))).toBe(2 * 5 * 2 * 3 * 4);
    expect(await flopsOf(() => matMul(zeros(3, 2), zeros(4, 3), true, true))).toBe(2 * 2 * 3 * 4);
    expect(await flopsOf(() => einsum("bij,bjk->bik", zeros(5, 2, 3), zeros(5, 3, 4)))).toBe(2 * 5 * 2 * 3 * 4);
    expect(await flopsOf(() => einsum("ij->ji", zeros(2, 3)))).toBe(0);
    expect(await flopsOf(() => conv2d(zeros(2, 8, 8, 3) as Tensor<Rank.R4>, zeros(4, 4, 3, 6) as Tensor<Rank.R4>, 4, "valid"))).toBe(2 * 2 * 2 * 2 * 6 * 4 * 4 * 3);
    expect(await flopsOf(() => fused.matMul({ a: zeros(5, 3), b: zeros(3, 4), bias: zeros(4) }))).toBe(2 * 5 * 3 * 4);
    expect(await flopsOf(() => mul(zeros(100), 2))).toBe(0);
  });

  test("counts the bytes that are alive, once for tensors with the same data, and their peak", async () => {
    await onShapeBackend((shapes) => {
      const before = shapes.liveBytes;
      const first = fill<Rank.R2>([10, 10], 0);
      const reshaped = reshape(first, [100]);
      expect(shapes.liveBytes - before).toBe(400);
      first.dispose();
      expect(shapes.liveBytes - before).toBe(400);
      shapes.pool.trim();
      const { heldBytes } = shapes.pool;
      shapes.take();
      tidy(() => mul(reshaped, 2)).dispose();
      expect(shapes.take().peakBytes - heldBytes).toBe(404); // with the number 2
      reshaped.dispose();
      expect(shapes.liveBytes).toBe(before);
      expect(memory().numBytes).toBe(before);
    });
  });

  test("takes the shapes of kernels that it has no rule for from the CPU backend", async () => {
    expect("MaxPool" in shapeRules).toBe(false);
    await onShapeBackend(() => {
      const pooled = tidy(() => maxPool(fill<Rank.R4>([2, 8, 8, 3], 0), 2, 2, "valid"));
      expect(pooled.shape).toEqual([2, 4, 4, 3]);
      expect(pooled.dataSync()[0]).toBe(1);
      pooled.dispose();
    });
  });

  test("gives way to the backend that was current, whatever happens", async () => {
    await expect(onShapeBackend(() => { throw new Error("stop"); })).rejects.toThrow("stop");
    expect(getBackend()).toBe("cpu");
  });
});
