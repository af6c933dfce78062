import { createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import type { Variable } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { buffer, fanInUniform, filled, normal, truncatedNormal, uniform, xavierUniform } from "../src/index.js";

const random = createRandom(3).derive("initializers");
const shape = [120, 500];
const count = 60_000;

const statistics = (created: Variable) => {
  const values = [...created.dataSync()];
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
  // Fourth moment over the squared variance: 3 for a normal distribution, 1.8 for a uniform one.
  const kurtosis = values.reduce((total, value) => total + (value - mean) ** 4, 0) / values.length / std ** 4;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { mean, std, kurtosis, largest };
};

// Bounds are five standard errors of each statistic over 60,000 draws.
describe.each([
  { name: "normal", create: normal },
  { name: "truncatedNormal", create: truncatedNormal },
])("$name", ({ create }) => {
  test("has mean 0, the given deviation, and a normal shape", () => {
    const { mean, std, kurtosis } = statistics(create(random, shape, 0.02));
    expect(mean).toBeAllClose(0, { absolute: (5 * 0.02) / Math.sqrt(count) });
    expect(std).toBeAllClose(0.02, { absolute: (5 * 0.02) / Math.sqrt(2 * count) });
    expect(kurtosis).toBeAllClose(3, { absolute: 5 * Math.sqrt(24 / count) });
  });
});

test("trap 8, truncatedNormal ends at ±2 and not at two deviations: with 0.02 it is a plain normal", () => {
  expect(statistics(truncatedNormal(random, shape, 1)).largest).toBe(2);
  expect(statistics(truncatedNormal(random, shape, 0.02)).largest).toBeGreaterThan(3 * 0.02);
  expect(statistics(normal(random, shape, 1)).largest).toBeGreaterThan(3);
});

test.each([
  { name: "uniform", created: () => uniform(random, shape, 0.3), bound: 0.3 },
  { name: "xavierUniform", created: () => xavierUniform(random, shape), bound: Math.sqrt(6 / 620) },
  { name: "fanInUniform", created: () => fanInUniform(random, shape), bound: 1 / Math.sqrt(500) },
])("$name fills [-bound, bound) evenly", ({ created, bound }) => {
  const { mean, std, kurtosis, largest } = statistics(created());
  const deviation = bound / Math.sqrt(3);
  expect(mean).toBeAllClose(0, { absolute: (5 * deviation) / Math.sqrt(count) });
  expect(std).toBeAllClose(deviation, { absolute: (5 * deviation * Math.sqrt(0.8)) / (2 * Math.sqrt(count)) });
  expect(kurtosis).toBeAllClose(1.8, { absolute: 0.03 });
  expect(largest).toBeLessThanOrEqual(Math.fround(bound));
  expect(largest).toBeGreaterThan(0.999 * bound);
});

test("filled and buffer hold what they were given; only buffers are marked as not trainable", () => {
  const ones = filled([2, 2], 1);
  expect(ones).toBeAllClose([1, 1, 1, 1]);
  expect(ones.trainable).toBe(true);
  const kept = buffer(Float32Array.of(1, 2, 3), [3, 1]);
  expect(kept.shape).toEqual([3, 1]);
  expect(kept).toBeAllClose([1, 2, 3]);
  expect(kept.trainable).toBe(false);
});

test("the same stream gives the same weights, another stream others", () => {
  const first = [...normal(random, [8], 1).dataSync()];
  expect([...normal(random, [8], 1).dataSync()]).toEqual(first);
  expect([...normal(random.derive("other"), [8], 1).dataSync()]).not.toEqual(first);
});

test("a variable is one tensor, which disposing frees", async () => {
  await expectNoLeaks(() => {
    for (const created of [
      normal(random, [2], 1),
      truncatedNormal(random, [2], 1),
      xavierUniform(random, [2, 2]),
      filled([2], 0),
      buffer(new Float32Array(2), [2]),
    ]) {
      created.dispose();
    }
  });
});
