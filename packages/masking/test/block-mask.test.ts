import { ConfigError, createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { dispose } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { assertBlockRatio, blockMask, type BlockMaskOptions } from "../src/index.js";

const random = createRandom(17);
const options: BlockMaskOptions = { batchSize: 40, gridSize: [14, 14], masked: 75 };

function draw(changed: Partial<BlockMaskOptions> = {}, stream = random): number[][] {
  const mask = blockMask(stream, { ...options, ...changed });
  const rows = mask.arraySync();
  mask.dispose();
  return rows;
}
const count = (row: readonly number[]) => row.reduce((sum, value) => sum + value, 0);

describe("blockMask", () => {
  it("masks at most the number asked for, and exactly it when told", () => {
    const counts = draw().map(count);
    for (const masked of counts) expect(masked).toBeLessThanOrEqual(75);
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(new Set(counts).size).toBeGreaterThan(1); // BEiT's sampler gives up short of the number
    expect(new Set(draw({ exact: true }).map(count))).toEqual(new Set([75]));
  });

  it("completes an exact mask and takes nothing of it away", () => {
    const [blocks, exact] = [draw(), draw({ exact: true })];
    for (const [image, row] of blocks.entries()) expect(row.every((value, patch) => value <= exact[image]![patch]!)).toBe(true);
  });

  it("takes a number for each image; 0 masks nothing, all of them everything", () => {
    expect(draw({ batchSize: 4, masked: [0, 10, 196, 80], exact: true }).map(count)).toEqual([0, 10, 196, 80]);
    expect(draw({ batchSize: 2, masked: 0 }).map(count)).toEqual([0, 0]);
  });

  it("lets no fraction of a patch add one", () => {
    for (const masked of draw({ masked: 20.9 }).map(count)) expect(masked).toBeLessThanOrEqual(20);
    expect(new Set(draw({ masked: 20.9, exact: true }).map(count))).toEqual(new Set([20]));
  });

  it("masks one rectangle where the first fills the number, of the area and the height ÷ width asked for", () => {
    for (const row of draw({ gridSize: [9, 11], masked: 12, minBlock: 12, aspectRatio: [3, 3] })) {
      const masked = row.flatMap((value, patch) => (value === 1 ? [patch] : []));
      const [rows, columns] = [masked.map((patch) => Math.floor(patch / 11)), masked.map((patch) => patch % 11)];
      expect(Math.max(...rows) - Math.min(...rows)).toBe(5); // √(12 · 3) = 6 rows
      expect(Math.max(...columns) - Math.min(...columns)).toBe(1); // √(12 / 3) = 2 columns
      expect(masked).toHaveLength(12);
    }
  });

  it("takes no block larger than maxBlock", () => {
    // Squares of 4 patches fill the number at once; with maxBlock 1 each patch is a block, and most of four stand apart.
    const alone = (row: readonly number[]) => row.filter((value, patch) => value === 1 && row[patch - 1] !== 1 && row[patch + 1] !== 1 && row[patch - 14] !== 1 && row[patch + 14] !== 1).length;
    const squares = { masked: 4, aspectRatio: [1, 1] } as const;
    expect(draw({ ...squares, minBlock: 4 }).map(alone)).toEqual(Array(40).fill(0));
    expect(count(draw({ ...squares, minBlock: 1, maxBlock: 1 }).map(alone))).toBeGreaterThan(40 * 3);
  });

  it("reaches the first and the last row and column of a grid that is not square", () => {
    const rows = draw({ batchSize: 200, gridSize: [5, 8], masked: 12 });
    const reached = (patch: number) => rows.some((row) => row[patch] === 1);
    for (const corner of [0, 7, 32, 39]) expect(reached(corner)).toBe(true);
  });

  it("gives an image its mask by its index, wherever it stands and whatever is beside it", () => {
    const of = (...indices: number[]) => draw({ batchSize: indices.length, indices: Int32Array.from(indices) });
    const [first, second] = of(70, 3);
    expect(of(3, 70)).toEqual([second, first]);
    expect(first).not.toEqual(second);
    expect(of(0, 1, 2)).toEqual(draw({ batchSize: 3 }));
    expect(draw({}, random.derive("a"))).not.toEqual(draw({}, random.derive("b")));
  });

  it.each<[string, Partial<BlockMaskOptions>]>([
    ["masked: expected 0 to 196 patches, received 197.", { masked: 197 }],
    ["masked: expected 0 to 196 patches, received -1.", { masked: -1 }],
    ["masked: expected 0 to 196 patches, received NaN.", { batchSize: 2, masked: [3, NaN] }],
    ["masked: expected one number for each of 40 images, received 2.", { masked: [3, 4] }],
    ["indices: expected one for each of 40 images, received 3.", { indices: new Int32Array(3) }],
    ["minBlock: expected an area of at most 196 patches, received 197.", { minBlock: 197 }],
    ["maxBlock: expected an area of 16 (minBlock) to 196 patches, received 197.", { maxBlock: 197 }],
    ["maxBlock: expected an area of 16 (minBlock) to 196 patches, received 9.", { maxBlock: 9 }],
    ["aspectRatio: expected two numbers with 0 < first ≤ second, received 2, 1.", { aspectRatio: [2, 1] }],
    ["gridSize: expected two whole numbers of at least 2, received 1 × 14.", { gridSize: [1, 14] }],
  ])("refuses %s", (message, changed) => {
    expect(() => blockMask(random, { ...options, ...changed })).toThrow(ConfigError);
    expect(() => blockMask(random, { ...options, ...changed })).toThrow(`[@ssl-vit/masking] ${message}`);
  });

  it("leaves no tensor behind once its mask is disposed", async () => {
    await expectNoLeaks(() => { dispose(blockMask(random, options)); });
  });
});

describe("assertBlockRatio", () => {
  it("lets pass what masks at least a patch, and refuses what cannot", () => {
    for (const ratio of [1 / 16, 0.5, 1]) expect(() => { assertBlockRatio([4, 4], ratio); }).not.toThrow();
    for (const ratio of [17 / 196, 0.5, 120 / 196]) expect(() => { assertBlockRatio([14, 14], ratio); }).not.toThrow();
    const expected = "[@ssl-vit/masking] maskRatio: expected a share of at most 1 that is at least one of 16 patches, received";
    for (const ratio of [0, 0.05, 1.1, NaN]) expect(() => { assertBlockRatio([4, 4], ratio); }).toThrow(`${expected} ${ratio}. A smaller patchSize`);
    expect(() => { assertBlockRatio([1, 16], 0.5); }).toThrow("[@ssl-vit/masking] gridSize: expected at least 2 × 2 patches, received 1 × 16.");
  });

  it("refuses fewer patches than the smallest block has, which most images would be left without", () => {
    const fix = "A smaller patchSize gives more patches, a larger ratio masks more of them.";
    expect(() => { assertBlockRatio([14, 14], 0.01); }).toThrow(`maskRatio: expected a share of at most 1 that is at least a block of 16 of 196 patches, received 0.01. ${fix}`);
    expect(() => { assertBlockRatio([14, 14], 0.08, { masked: 16 }); }).not.toThrow();
    expect(() => { assertBlockRatio([2, 2], 0.5, { minBlock: 4 }); }).toThrow("at least a block of 4 of 4 patches, received 0.5.");
    expect(count(draw({ batchSize: 200, masked: 2 }).map((row) => Math.min(1, count(row))))).toBeLessThan(100);
  });

  it("refuses a share whose blocks all touch both borders of the grid: the sampler takes none of them", () => {
    const blocks = { minBlock: 4, maxBlock: 4 };
    expect(() => { assertBlockRatio([2, 2], 1, blocks); }).toThrow(
      "maskRatio: expected a share of 2 × 2 patches that a block of 4 to 4 of them, less high and less wide than the grid, can mask, received 1. A smaller patchSize gives more patches, a larger ratio leaves more room for a block.",
    );
    expect(draw({ gridSize: [2, 2], masked: 4, ...blocks }).map(count)).toEqual(Array(40).fill(0));
    expect(() => { assertBlockRatio([3, 3], 0.5, { minBlock: 4 }); }).not.toThrow();
    expect(Math.max(...draw({ gridSize: [3, 3], masked: 4, minBlock: 4 }).map(count))).toBe(4);
  });

  it("lets pass whatever masks in the sampler, and refuses what never does", () => {
    for (const side of [2, 3, 4, 5]) {
      for (const minBlock of [1, 2, 4]) {
        for (let masked = minBlock; masked <= side * side; masked++) {
          const mostMasked = Math.max(...draw({ batchSize: 100, gridSize: [side, side], masked, minBlock }).map(count));
          const passes = () => { assertBlockRatio([side, side], masked / side ** 2, { minBlock, masked }); };
          if (mostMasked > 0) expect(passes).not.toThrow();
          else expect(passes).toThrow(ConfigError);
        }
      }
    }
  });
});
