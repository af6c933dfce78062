import { type Collective, type Float, singleProcess, type ViewBatch } from "@ssl-vit/core";
import { expectNoLeaks, stepContext } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { defaults, type Dinov2Config } from "../src/config.js";
import { drawMask } from "../src/draw-mask.js";

const images = 200;
const batchOf = (first: number, size: number): ViewBatch => ({ size, views: [], indices: Int32Array.from({ length: size }, (_, row) => 1000 + first + row) });

function draw(batch = batchOf(0, images), changed: Partial<Dinov2Config> = {}, collective: Collective = singleProcess, step = 3): number[][] {
  const mask: Float<"B P"> = drawMask({ ...defaults, ...changed }, { ...stepContext(step), collective }, batch, [14, 14]);
  const rows = mask.arraySync();
  mask.dispose();
  return rows;
}
const count = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0);

describe("masks as in collate.py and masking.py", () => {
  it("masks half of the global views of a batch, 10 to 50 % of their patches, spread evenly", () => {
    const counts = draw().map(count).sort((a, b) => a - b);
    expect(counts.filter((value) => value > 0)).toHaveLength(images); // of 400 views
    const masked = counts.slice(images);
    // The i-th share is 0.1 + 0.4·i/200 of 196 patches; the blocks may stop a few patches short of it, never beyond.
    for (const [index, value] of masked.entries()) expect(value).toBeLessThanOrEqual(196 * (0.1 + (0.4 * (index + 1)) / images));
    const mean = masked.reduce((sum, value) => sum + value, 0) / images;
    expect(mean).toBeGreaterThan(0.27 * 196);
    expect(mean).toBeLessThan(0.3 * 196);
    for (const [share, expected] of [[0.1, 0.14], [0.5, 0.3], [0.9, 0.46]] as const) expect(masked[share * images]! / 196).toBeAllClose([expected], { absolute: 0.03 });
  });

  it("masks both views of an image, one, or none, as it comes", () => {
    const masked = draw().map((row) => count(row) > 0);
    const kinds = new Set(Array.from({ length: images }, (_, image) => `${masked[image]!} ${masked[images + image]!}`));
    expect(kinds.size).toBe(4);
  });

  it("rounds the number of masked views down", () => {
    expect(draw(batchOf(0, 3), { maskProbability: 0.4 }).filter((row) => count(row) > 0)).toHaveLength(2); // 2.4 of 6
  });

  it("gives each of two processes its rows of the whole batch's masks", () => {
    const whole = draw();
    const half = images / 2;
    const of = (rank: number): number[][] => draw(batchOf(rank * half, half), {}, { ...singleProcess, rank, size: 2 });
    for (const rank of [0, 1]) expect(of(rank)).toEqual([0, images].flatMap((view) => whole.slice(view + rank * half, view + (rank + 1) * half)));
  });

  it("may mask nothing on a process with one image, as in the second step of the tests on two processes", () => {
    const of = (rank: number): number[] => draw(batchOf(rank, 1), {}, { ...singleProcess, rank, size: 2 }, 1).map(count);
    expect(of(0)).toEqual([0, 0]);
    expect(Math.min(...of(1))).toBeGreaterThan(0);
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { draw(batchOf(0, 4)); });
  });
});
