import type { Float, ViewBatch } from "@ssl-vit/core";
import { expectNoLeaks, stepContext } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { defaults, type IbotConfig } from "../src/config.js";
import { drawMask } from "../src/draw-mask.js";

const images = 400;
const batchOf = (indices: readonly number[]): ViewBatch => ({ size: indices.length, views: [], indices: Int32Array.from(indices) });
const all = batchOf(Array.from({ length: images }, (_, index) => index));

function draw(changed: Partial<IbotConfig> = {}, batch = all, step = 0): number[][] {
  const mask: Float<"B P"> = drawMask({ ...defaults, ...changed }, stepContext(step), batch, [14, 14]);
  const rows = mask.arraySync();
  mask.dispose();
  return rows;
}
const count = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0);

describe("masks as in loader.py", () => {
  it("leaves half of the views whole and masks 10 to 50 % of the others: --pred_ratio 0 0.3 --pred_ratio_var 0 0.2", () => {
    const counts = draw().map(count);
    expect(counts).toHaveLength(2 * images);
    const masked = counts.filter((value) => value > 0);
    // 400 of 800 expected, of deviation 14.
    expect(masked.length).toBeGreaterThan(340);
    expect(masked.length).toBeLessThan(460);
    // The blocks may stop a few patches short of the share.
    expect(Math.max(...masked)).toBeLessThanOrEqual(98);
    expect(Math.max(...masked)).toBeGreaterThan(85);
    expect(Math.min(...masked)).toBeLessThan(30);
    const mean = masked.reduce((sum, value) => sum + value, 0) / masked.length;
    expect(mean).toBeGreaterThan(0.24 * 196);
    expect(mean).toBeLessThan(0.32 * 196);
  });

  it("draws for each view of an image, and for each step", () => {
    const rows = draw({ maskRatios: [[0.3, 0.3]] });
    expect(rows.slice(0, 5)).not.toEqual(rows.slice(images, images + 5));
    expect(draw({ maskRatios: [[0.3, 0.3]] }, all, 1).slice(0, 5)).not.toEqual(rows.slice(0, 5));
  });

  it("gives an image its masks by its index, wherever it stands", () => {
    const [both, reversed] = [draw({}, batchOf([31, 7])), draw({}, batchOf([7, 31]))];
    expect(reversed).toEqual([both[1], both[0], both[3], both[2]]);
  });

  it("masks nothing before the epoch in which it starts", () => {
    expect(draw({ maskStartEpoch: 1 }, all, 9).map(count).every((value) => value === 0)).toBe(true);
    expect(draw({ maskStartEpoch: 1 }, all, 10).map(count).some((value) => value > 0)).toBe(true);
  });

  it("leaves no tensor behind", async () => {
    await expectNoLeaks(() => { draw({}, batchOf([1, 2])); });
  });
});
