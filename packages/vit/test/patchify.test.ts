import { ShapeError } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { range, type Rank, reshape, zeros } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { patchify } from "../src/index.js";

test("cuts row by row, each patch as row, column, channel", () => {
  // Value = 100·row + 10·column + channel, two images.
  const [rows, columns, channels] = [4, 6, 2];
  const image = Array.from({ length: rows * columns * channels }, (_, index) => {
    const [row, column] = [Math.floor(index / (columns * channels)), Math.floor(index / channels) % columns];
    return 100 * row + 10 * column + (index % channels);
  });
  const images = reshape<Rank.R4>([...image, ...image.map((value) => value + 1000)], [2, rows, columns, channels]);
  const patches = patchify(images, 2);
  expect(patches.shape).toEqual([2, 6, 8]);
  const values = patches.arraySync();
  expect(values[0]![0]).toEqual([0, 1, 10, 11, 100, 101, 110, 111]);
  expect(values[0]![1]).toEqual([20, 21, 30, 31, 120, 121, 130, 131]);
  expect(values[0]![3]).toEqual([200, 201, 210, 211, 300, 301, 310, 311]);
  expect(values[1]![5]).toEqual([1240, 1241, 1250, 1251, 1340, 1341, 1350, 1351]);
});

test("refuses an image that the patch size does not divide", () => {
  expect(() => patchify(zeros([1, 4, 6, 3]), 4)).toThrow(ShapeError);
});

test("leaves no tensor behind", async () => {
  const images = reshape<Rank.R4>(range(0, 48), [1, 4, 4, 3]);
  await expectNoLeaks(() => {
    patchify(images, 2).dispose();
  });
});
