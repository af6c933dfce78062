import { prepareEngine } from "@ssl-vit/engine";
import { getKernel, type KernelFunc, memory, ones, type Rank, square } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { createWorkload, measureStep, profileKernels, workloadNames } from "../src/index.js";

await prepareEngine({ engine: "cpu" });

test.each(workloadNames)("%s: times a step, profiles it, leaves nothing behind", (workload) => {
  const before = memory().numTensors;
  const seen: number[] = [];
  const result = measureStep({ workload, scale: "tiny", images: 2, steps: 2, warmup: 0, profile: true, onStep: (ms) => { seen.push(ms); } });
  expect(seen).toHaveLength(2);
  expect(result.msMin).toBe(Math.min(...seen));
  expect(result.ms).toBeCloseTo((seen[0]! + seen[1]!) / 2);
  const shares = result.profile!.reduce((sum, { share }) => sum + share, 0);
  expect(shares).toBeGreaterThan(0);
  expect(shares).toBeLessThanOrEqual(1);
  expect(memory().numTensors).toBe(before);
});

test("a workload can be stepped by hand", () => {
  const workload = createWorkload("simclr", "tiny");
  expect(workload.images).toBe(4);
  workload.step();
  workload.step();
  workload.dispose();
});

test("a workload takes the batches of a loader in place of random images", () => {
  const workload = createWorkload("dino", "tiny");
  const groups = workload.views!.groups;
  expect(groups.map(({ name, count, size }) => [name, count, size])).toEqual([["global", 1, 16], ["global", 1, 16], ["local", 6, 8]]);
  const views = groups.flatMap(({ name, count, size }) => Array.from({ length: count }, () => ({ name, images: ones<Rank.R4>([4, size, size, 3]) })));
  workload.step({ size: 4, views, indices: Int32Array.of(0, 1, 2, 3) });
  expect(views.every(({ images }) => !images.isDisposed)).toBe(true);
  for (const { images } of views) images.dispose();
  workload.dispose();
  const features = createWorkload("embed", "tiny");
  expect(features.views).toBeUndefined();
  features.dispose();
});

test("a step may have more images, and take them in chunks", () => {
  const { images, imagesPerSecond, ms } = measureStep({ workload: "simclr", scale: "tiny", images: 6, microBatch: 4, steps: 1, warmup: 1 });
  expect(images).toBe(6);
  expect(imagesPerSecond).toBeCloseTo(6000 / ms);
});

test("profileKernels counts calls, and puts the kernels back", () => {
  const original: KernelFunc = getKernel("Square", "cpu").kernelFunc;
  const profile = profileKernels("cpu");
  square(ones([4])).dispose();
  expect(profile.take()).toContainEqual(expect.objectContaining({ kernel: "Square", calls: 1 }));
  expect(profile.take()).toHaveLength(0);
  profile.stop();
  expect(getKernel("Square", "cpu").kernelFunc).toBe(original);
});
