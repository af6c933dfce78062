import { ConfigError, createRandom } from "@ssl-vit/core";
import { expectNoLeaks } from "@ssl-vit/testing";
import { describe, expect, it } from "vitest";
import { maskedUnits, unitMask, type UnitMaskOptions } from "../src/index.js";

const random = createRandom(23);
const options: UnitMaskOptions = { batchSize: 5, gridSize: [4, 6], maskUnit: 2, maskRatio: 0.6 };

function draw(changed: Partial<UnitMaskOptions> = {}, stream = random): number[][] {
  const mask = unitMask(stream, { ...options, ...changed });
  const rows = mask.arraySync();
  mask.dispose();
  return rows;
}
const count = (row: readonly number[]) => row.reduce((sum, value) => sum + value, 0);

describe("unitMask", () => {
  it("masks whole units, the same number of them in each image", () => {
    for (const row of draw()) {
      expect(row).toHaveLength(24);
      expect(count(row)).toBe(4 * 4); // ⌈0.6 · 6⌉ units of four patches
      for (const [patch, value] of row.entries()) {
        const [y, x] = [Math.floor(patch / 6), patch % 6];
        expect(value).toBe(row[(y - (y % 2)) * 6 + (x - (x % 2))]);
      }
    }
  });

  it("rounds up, as SimMIM does, free of the rounding of 1 − ratio", () => {
    const masked = (side: number, maskRatio: number): number => maskedUnits({ gridSize: [side, side], maskUnit: 1, maskRatio }).masked;
    // 192 px and 224 px in units of 32 px, as in the authors' configurations; 25 · 0.8 is 20, where 25 · (1 − 0.8) falls short of 5.
    expect([masked(6, 0.6), masked(7, 0.6), masked(5, 0.8)]).toEqual([22, 30, 20]);
    expect(maskedUnits({ gridSize: [14, 14], maskUnit: 2, maskRatio: 0.6 })).toEqual({ masked: 30, units: 49 });
  });

  it("masks every unit equally often, whatever happened to the one beside it", () => {
    const batchSize = 4000;
    const rows = draw({ batchSize, maskRatio: 0.5 }, random.derive("statistics"));
    const corner = [0, 2, 4, 12, 14, 16]; // the first patch of each unit
    const within = (observed: number, probability: number) => {
      // Four standard deviations of a binomial count.
      expect(Math.abs(observed - batchSize * probability)).toBeLessThan(4 * Math.sqrt(batchSize * probability * (1 - probability)));
    };
    for (const [index, patch] of corner.entries()) {
      within(rows.filter((row) => row[patch] === 1).length, 1 / 2);
      within(rows.filter((row) => row[patch] === 1 && row[corner[(index + 1) % 6]!] === 1).length, (3 * 2) / (6 * 5));
    }
  });

  it("gives an image its mask by its index, wherever it stands and whatever is beside it", () => {
    const at = (...indices: number[]) => draw({ batchSize: indices.length, indices: Int32Array.from(indices) });
    const [first, second, third] = at(70, 3, 8);
    expect(at(3, 70)).toEqual([second, first]);
    expect(at(8)).toEqual([third]);
    expect(at(0, 1, 2, 3, 4)).toEqual(draw());
    expect(draw()).not.toEqual(draw({}, random.derive("other")));
    expect(() => draw({ indices: new Int32Array(4) })).toThrow("[@ssl-vit/masking] indices: expected one for each of 5 images, received 4.");
  });

  it.each([
    [{ maskUnit: 3 }, "maskUnit: expected a whole number that divides the grid of 4 × 6 patches, received 3."],
    [{ maskUnit: 0 }, "maskUnit: expected a whole number that divides"],
    [{ maskUnit: 0.5 }, "maskUnit: expected a whole number that divides"],
    [{ maskRatio: 0 }, "maskRatio: expected a number in (0, 1) that leaves at least one of 6 units visible, received 0."],
    [{ maskRatio: 0.9 }, "that leaves at least one of 6 units visible, received 0.9. A smaller unit gives more units."],
    [{ maskRatio: NaN }, "maskRatio: expected"],
  ])("refuses %j", (changed, message) => {
    expect(() => draw(changed)).toThrow(ConfigError);
    expect(() => draw(changed)).toThrow(message);
  });

  it("leaves no tensor behind once its mask is disposed", async () => {
    await expectNoLeaks(() => { unitMask(random, options).dispose(); });
  });
});
