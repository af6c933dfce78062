import type { Float } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { scalar, tidy } from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { meanOverPairs, meanOverTargets } from "../src/index.js";

const read = (compute: () => Float<"">): number => tidy(() => compute().dataSync()[0]!);
/** A loss that tells whom it compared. */
const noting = (pairs: string[]) => (first: string, second: string): Float<""> => {
  pairs.push(first + second);
  return scalar(pairs.length);
};

test("pairs: global with global once, each local with each global, never two locals", () => {
  const pairs: string[] = [];
  expect(read(() => meanOverPairs(["A", "B", "c", "d"], 2, noting(pairs)))).toBe(3);
  expect(pairs).toEqual(["AB", "Ac", "Ad", "Bc", "Bd"]);
});

test("targets: every other view's prediction of each global view", () => {
  const pairs: string[] = [];
  expect(read(() => meanOverTargets(["A", "B", "c"], ["X", "Y"], noting(pairs)))).toBe(2.5);
  expect(pairs).toEqual(["BX", "cX", "AY", "cY"]);
});

test("of two views: their loss itself, and the mean of both directions", () => {
  expect(read(() => meanOverPairs([3, 5], 2, (first, second) => scalar(first * second)))).toBe(15);
  expect(read(() => meanOverTargets([3, 5], [7, 11], (prediction, target) => scalar(prediction * target)))).toBe((5 * 7 + 3 * 11) / 2);
});

test("leaves nothing behind within tidy", async () => {
  await expectNoLeaks(() => { tidy(() => { meanOverPairs([1, 2, 3], 1, (first, second) => scalar(first + second)); }); });
});
