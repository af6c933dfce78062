import { ConfigError, createRandom } from "@ssl-vit/core";
import { expectNoLeaks, onRanks } from "@ssl-vit/testing";
import { dispose } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { assertMultiBlocks, multiBlockMask, type MultiBlockMaskOptions } from "../src/index.js";

const random = createRandom(23);
const options: MultiBlockMaskOptions = { batchSize: 24, gridSize: [14, 14] };

function draw(changed: Partial<MultiBlockMaskOptions> = {}, stream = random) {
  const { contextIndices, targetIndices } = multiBlockMask(stream, { ...options, ...changed });
  const drawn = { contexts: contextIndices.arraySync(), targets: targetIndices.arraySync(), dtypes: [contextIndices.dtype, targetIndices.dtype] };
  dispose([contextIndices, targetIndices]);
  return drawn;
}

/** The four blocks of an image, and height and width of each. */
const blocksOf = (row: readonly number[], count = 4) => Array.from({ length: count }, (_, block) => row.slice((block * row.length) / count, ((block + 1) * row.length) / count));
const extent = (patches: readonly number[], columns = 14) => {
  const [rows, places] = [patches.map((patch) => Math.floor(patch / columns)), patches.map((patch) => patch % columns)];
  return [Math.max(...rows) - Math.min(...rows) + 1, Math.max(...places) - Math.min(...places) + 1];
};
const ascending = (row: readonly number[]) => row.every((patch, position) => position === 0 || patch > row[position - 1]!);

describe("multiBlockMask", () => {
  it.each(["random", "first"] as const)("gives int32 indices: contexts without targets, all of one length, in ascending order (cut %s)", (cut) => {
    const { contexts, targets, dtypes } = draw({ cut });
    expect(dtypes).toEqual(["int32", "int32"]);
    expect(new Set(contexts.map((row) => row.length)).size).toBe(1);
    for (const [image, context] of contexts.entries()) {
      expect(ascending(context)).toBe(true);
      expect(context.length).toBeGreaterThan(10);
      expect(context.filter((patch) => targets[image]!.includes(patch))).toEqual([]);
    }
  });

  it("draws one block size for the whole batch (ijepa#38), and another for another step", () => {
    const sizes = (stream = random) => new Set(draw({}, stream).targets.flatMap((row) => blocksOf(row).map((block) => extent(block).join(" × "))));
    expect(sizes().size).toBe(1);
    const steps = new Set(Array.from({ length: 20 }, (_, step) => [...sizes(random.derive(step))].join()));
    expect(steps.size).toBeGreaterThan(3);
  });

  it("has targets that are whole blocks of 15 to 20 % of the grid, height ÷ width 0.75 to 1.5", () => {
    for (let step = 0; step < 20; step++) {
      for (const block of blocksOf(draw({ batchSize: 2 }, random.derive("step", step)).targets[1]!)) {
        const [height, width] = extent(block);
        expect(block).toHaveLength(height! * width!);
        expect(ascending(block)).toBe(true);
        // The sides are rounded: half a patch each.
        expect(height! * width!).toBeGreaterThan(0.15 * 196 - 1 - 0.5 * (5 + 6));
        expect(height! * width!).toBeLessThan(0.2 * 196 + 0.5 * (8 + 5));
        expect(height! / width!).toBeGreaterThan(0.75 - 0.25);
        expect(height! / width!).toBeLessThan(1.5 + 0.25);
      }
    }
  });

  it("cuts in raster order as the authors do, which favours the top (ijepa#60), or at random, which does not", () => {
    const rowOfMean = (cut: "random" | "first") => {
      const { contexts } = draw({ cut, batchSize: 400 });
      const rows = contexts.flat().map((patch) => Math.floor(patch / 14));
      return rows.reduce((sum, row) => sum + row, 0) / rows.length;
    };
    expect(rowOfMean("first")).toBeLessThan(5);
    expect(Math.abs(rowOfMean("random") - 6.5)).toBeLessThan(0.5);
  });

  it("never reaches the last row and column as the authors do (ijepa#40), unless told to use the whole grid", () => {
    const reached = (wholeGrid: boolean) => {
      const drawn = Array.from({ length: 20 }, (_, step) => draw({ wholeGrid }, random.derive(step)));
      return new Set(drawn.flatMap(({ contexts, targets }) => [...contexts.flat(), ...targets.flat()]));
    };
    expect([...reached(false)].filter((patch) => patch >= 13 * 14 || patch % 14 === 13)).toEqual([]);
    expect(reached(false).size).toBe(13 * 13);
    expect(reached(true).size).toBe(14 * 14);
  });

  it("lets the context overlap targets where they would leave too little of it", () => {
    const { contexts, targets } = draw({ gridSize: [4, 4], targets: 6, targetScale: [0.5, 0.6], contextScale: [0.9, 1], minKeep: 7, batchSize: 16 });
    for (const context of contexts) expect(context.length).toBeGreaterThan(7);
    expect(contexts.some((context, image) => context.some((patch) => targets[image]!.includes(patch)))).toBe(true);
  });

  it("places an image's blocks by its index, wherever it stands and whatever is beside it", () => {
    const of = (...indices: number[]) => draw({ batchSize: indices.length, indices: Int32Array.from(indices) });
    const [pair, swapped, alone] = [of(70, 3), of(3, 70), of(3)];
    expect(swapped.targets).toEqual(pair.targets.toReversed());
    expect(swapped.contexts).toEqual(pair.contexts.toReversed());
    expect(alone.targets).toEqual([pair.targets[1]]);
    const whole = new Set(alone.contexts[0]); // not cut
    expect(pair.contexts[1]!.filter((patch) => !whole.has(patch))).toEqual([]);
    expect(of(0, 1, 2)).toEqual(draw({ batchSize: 3 }));
  });

  it.each(["random", "first"] as const)("gives two processes what one has with the whole batch (cut %s)", (cut) => {
    const whole = draw({ cut, batchSize: 12 });
    const parts = onRanks(2, (collective) => {
      const indices = Int32Array.from({ length: 6 }, (_, image) => collective.rank * 6 + image);
      return multiBlockMask(random, { ...options, cut, batchSize: 6, indices, collective });
    });
    expect(parts.flatMap(({ contextIndices }) => contextIndices.arraySync())).toEqual(whole.contexts);
    expect(parts.flatMap(({ targetIndices }) => targetIndices.arraySync())).toEqual(whole.targets);
    dispose(parts.flatMap(({ contextIndices, targetIndices }) => [contextIndices, targetIndices]));
  });

  it("knows grids that are not square", () => {
    const { targets } = draw({ gridSize: [6, 12], wholeGrid: true });
    const rows = new Set(targets.flat().map((patch) => Math.floor(patch / 12)));
    expect([...rows].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const block of targets.flatMap((row) => blocksOf(row))) expect(extent(block, 12).reduce((area, side) => area * side)).toBe(block.length);
  });

  it.each<[string, Partial<MultiBlockMaskOptions>]>([
    ["targets: expected a whole number of at least 1, received 0.", { targets: 0 }],
    ["targetScale: expected two numbers with 0 < first ≤ second ≤ 1, received 0.2, 1.2.", { targetScale: [0.2, 1.2] }],
    ["targetAspectRatio: expected two numbers with 0 < first ≤ second, received 2, 1.", { targetAspectRatio: [2, 1] }],
    ["contextScale: expected two numbers with 0 < first ≤ second ≤ 1, received 0, 1.", { contextScale: [0, 1] }],
    ["targetScale: expected blocks of at least one of 2 × 2 patches, received 0.15, 0.2. A smaller patchSize gives more patches.", { gridSize: [2, 2], minKeep: 0 }],
    ["minKeep: expected fewer than the 9 patches of the smallest context block of 4 × 4, received 10. A smaller patchSize gives more patches.", { gridSize: [4, 4], wholeGrid: false }],
    [
      "targetScale: expected blocks of at most 4 × 4 patches, received 7 × 2 of targetScale 0.9, 1 and targetAspectRatio 4, 4. A smaller targetScale, or a targetAspectRatio nearer to 1, fits.",
      { gridSize: [4, 4], targetScale: [0.9, 1], targetAspectRatio: [4, 4], minKeep: 0 },
    ],
    ["targetScale: expected blocks of at most 14 × 14 patches, received 6 × 20 of", { targetScale: [0.6, 0.6], targetAspectRatio: [0.3, 0.3] }],
    ["targetScale: expected blocks of at most 13 × 13 patches, received 14 × 14 of", { targetScale: [0.2, 1], targetAspectRatio: [1, 1], wholeGrid: false }],
    [
      "targetScale: expected blocks that leave a context more than 10 (minKeep) of 14 × 14 patches, received 14 × 14 of targetScale 1, 1 and targetAspectRatio 1, 1. A smaller targetScale leaves more.",
      { targetScale: [1, 1], targetAspectRatio: [1, 1] },
    ],
    ["targetScale: expected blocks that leave a context more than 0 (minKeep) of 4 × 4 patches, received 4 × 4 of", { gridSize: [4, 4], targetScale: [0.5, 1], targetAspectRatio: [1, 1], minKeep: 0 }],
    ["minKeep: expected a whole number of at least 0, received 1.5.", { minKeep: 1.5 }],
    ["gridSize: expected two whole numbers of at least 2, received 14 × 1.", { gridSize: [14, 1] }],
  ])("refuses %s", (message, changed) => {
    expect(() => { assertMultiBlocks({ ...options, ...changed }); }).toThrow(ConfigError);
    expect(() => multiBlockMask(random, { ...options, ...changed })).toThrow(`[@ssl-vit/masking] ${message}`);
  });

  it.each([7, 8, 14, 16, 28, 32])("lets the authors' sizes pass on %i × %i patches, whole grid or not", (side) => {
    for (const wholeGrid of [true, false]) expect(() => { assertMultiBlocks({ gridSize: [side, side], wholeGrid }); }).not.toThrow();
  });

  it("refuses indices that are not one an image", () => {
    expect(() => multiBlockMask(random, { ...options, indices: new Int32Array(3) })).toThrow("[@ssl-vit/masking] indices: expected one for each of 24 images, received 3.");
  });

  it("leaves no tensor behind once its indices are disposed", async () => {
    await expectNoLeaks(() => {
      const { contextIndices, targetIndices } = multiBlockMask(random, options);
      dispose([contextIndices, targetIndices]);
    });
  });
});
