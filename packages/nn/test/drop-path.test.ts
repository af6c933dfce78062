import { ConfigError, createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, mean, ones, type Rank, sum, type Tensor3D } from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { dropFactors } from "../src/drop-path.js";
import { dropPath } from "../src/index.js";

const samples = 4000;

test("drops whole samples with the given probability and keeps the mean", () => {
  const dropped = dropPath(ones([samples, 1, 2]), 0.3, createRandom(1));
  const values = [...dropped.dataSync()];
  const kept = 1 / 0.7;
  for (let sample = 0; sample < samples; sample++) {
    expect(values[2 * sample]).toBe(values[2 * sample + 1]);
    expect([0, Math.fround(kept)]).toContain(values[2 * sample]);
  }
  // Five standard deviations.
  const droppedShare = values.filter((value) => value === 0).length / values.length;
  expect(droppedShare).toBeAllClose(0.3, { absolute: 5 * Math.sqrt((0.3 * 0.7) / samples) });
  expect(mean(dropped)).toBeAllClose(1, { absolute: 5 * Math.sqrt(0.3 / 0.7 / samples) });
});

test("draws by the stream alone, and the gradient passes where the sample was kept", () => {
  const x = ones<Rank.R3>([16, 2, 3]);
  const random = createRandom(2).derive("dropPath", 3);
  const first = dropPath(x, 0.5, random);
  expect(dropPath(x, 0.5, random)).toBeAllClose(first, { absolute: 0 });
  expect([...dropPath(x, 0.5, random.derive("other")).dataSync()]).not.toEqual([...first.dataSync()]);
  expect(grad((input) => sum(dropPath(input as Tensor3D, 0.5, random)))(x)).toBeAllClose(first);
});

describe("dropFactors by image and view", () => {
  const random = createRandom(5);
  const factors = (rows: number, more: Parameters<typeof dropFactors>[3]): number[] => [...dropFactors(rows, 0.5, random, more).dataSync()];
  const indices = Int32Array.from({ length: 8 }, (_, image) => 1000 + 7 * image);
  const whole = factors(16, { indices });

  test("two views of an image have draws of their own", () => {
    expect(whole.slice(0, 8)).not.toEqual(whole.slice(8));
  });

  test("a process with half of the images draws what the whole batch does", () => {
    for (const [from, to] of [[0, 4], [4, 8]] as const) {
      expect(factors(8, { indices: indices.subarray(from, to) })).toEqual([...whole.slice(from, to), ...whole.slice(8 + from, 8 + to)]);
    }
  });

  test("views that come in a second call, and rows that come in parts, are the same rows", () => {
    expect(factors(8, { indices, firstView: 1 })).toEqual(whole.slice(8));
    expect([...factors(5, { indices }), ...factors(11, { indices, firstRow: 5 })]).toEqual(whole);
  });
});

test("a rate of 0 changes nothing; 1 and NaN are refused", () => {
  expect(dropPath(ones([2, 1, 2]), 0, createRandom(1))).toBeAllClose([1, 1, 1, 1]);
  expect(() => dropPath(ones([2, 1, 2]), 1, createRandom(1))).toThrow(ConfigError);
  expect(() => dropPath(ones([2, 1, 2]), NaN, createRandom(1))).toThrow(ConfigError);
});

test("leaves no tensor behind", async () => {
  const x = ones<Rank.R3>([4, 2, 3]);
  await expectNoLeaks(() => {
    dropPath(x, 0.5, createRandom(1)).dispose();
  });
});
