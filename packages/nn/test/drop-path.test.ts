import { ConfigError, createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { grad, mean, ones, type Rank, sum, type Tensor3D } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
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
