import { createRandom } from "@ssl-vit/core";
import { disposeMask } from "@ssl-vit/masking";
import { expectNoLeaks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { expect, test } from "vitest";
import { squareMasks } from "../src/mask-squares.js";

const layoutOf = (imageSize: number | [number, number]) => vit({ imageSize, patchSize: 16, embedDim: 8, depth: 1, numHeads: 2 })("student").layout;
const random = createRandom(3);
const indices = Int32Array.from({ length: 8 }, (_, image) => image);

test("a view of 14 × 14 patches keeps 17 squares of 2 × 2, 68 patches, as the authors' does", () => {
  const mask = squareMasks(layoutOf(224), 2, 0.65)(random, indices);
  expect([mask.visibleIndices.shape, mask.maskedIndices.shape]).toEqual([[8, 68], [8, 128]]);
  disposeMask(mask);
});

test("the patches of a square are all visible or all masked, on any grid, other squares in every image", () => {
  const mask = squareMasks(layoutOf([64, 192]), 2, 0.5)(random, indices); // 4 × 12 patches, 12 squares
  const images = mask.mask.arraySync();
  for (const image of images) {
    const at = (row: number, column: number): number => image[row * 12 + column]!;
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 12; column++) expect(at(row, column)).toBe(at(row - (row % 2), column - (column % 2)));
    }
    expect(image.reduce((sum, value) => sum + value, 0)).toBe(24);
  }
  expect(new Set(images.map(String)).size).toBe(8);
  disposeMask(mask);
});

test("an image's mask depends on its place in the data set alone, not on its place in the batch", () => {
  const draw = squareMasks(layoutOf(64), 2, 0.5);
  const [whole, part] = [draw(random, indices), draw(random, Int32Array.of(5, 2))];
  const masks = whole.mask.arraySync();
  expect(part.mask.arraySync()).toEqual([masks[5], masks[2]]);
  disposeMask(whole);
  disposeMask(part);
});

test("leaves no tensor behind", async () => {
  const draw = squareMasks(layoutOf(64), 1, 0.65);
  await expectNoLeaks(() => { disposeMask(draw(random, indices)); });
});
