import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { drawTable } from "../src/draw-table.js";
import { type Figure, saveFigure } from "../src/index.js";
import { rasterOf, wordsIn } from "./read-figure.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-visualize-"));
afterAll(() => { rmSync(folder, { recursive: true }); });
const figure: Figure = { width: 20, height: 10, svg: '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="10" height="10" fill="#f00"/></svg>' };

describe("saveFigure", () => {
  it("writes SVG as it is, and PNG of twice its size on white, into a new folder", async () => {
    await saveFigure(figure, join(folder, "new", "two.svg"));
    expect(readFileSync(join(folder, "new", "two.svg"), "utf8")).toBe(figure.svg);
    await saveFigure(figure, join(folder, "new", "two.PNG"));
    const { data, info } = await sharp(join(folder, "new", "two.PNG")).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([40, 20, 3]);
    expect([[...data.subarray(0, 3)], [...data.subarray(117, 120)]]).toEqual([[255, 0, 0], [255, 255, 255]]);
  });

  it("draws what is too long for cairo at twice its size smaller", async () => {
    await saveFigure({ width: 20_000, height: 10, svg: figure.svg.replace('width="20"', 'width="20000"') }, join(folder, "long.png"));
    const { width } = await sharp(join(folder, "long.png"), { limitInputPixels: false }).metadata();
    expect(width).toBeGreaterThan(32_000);
    expect(width).toBeLessThan(32_768);
  });

  it("refuses other names, and leaves nothing of a figure that cannot be drawn", async () => {
    await expect(saveFigure(figure, join(folder, "two.jpg"))).rejects.toThrow("path: expected a name that ends in .svg or .png");
    await expect(saveFigure({ ...figure, svg: "<svg" }, join(folder, "broken.png"))).rejects.toThrow();
    expect(readdirSync(folder).sort()).toEqual(["long.png", "new"]);
    expect(readdirSync(join(folder, "new")).sort()).toEqual(["two.PNG", "two.svg"]);
  });
});

describe("words", () => {
  it("are written as they are, but for what XML cannot hold", async () => {
    const hostile = `</text><script>alert("1")</script> & ' \u0000\u001b \ud800 \u{1f600}\nnext`;
    const picture = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    const drawn = await drawTable({ title: hostile, headings: [[hostile]], rows: [[{ picture, factor: 20, note: hostile }]], colorBar: { least: hostile, most: hostile }, caption: hostile });
    const expected = `</text><script>alert("1")</script> & ' \ufffd\ufffd \ufffd \u{1f600} next`;
    expect(wordsIn(drawn).filter((text) => text === expected).length).toBeGreaterThanOrEqual(4);
    const { width, height } = await rasterOf(drawn);
    expect([width, height]).toEqual([drawn.width, drawn.height]);
  });

  it("are wrapped where they are wider than the table", async () => {
    const picture = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    const caption = Array.from({ length: 60 }, (_, index) => `word${index}`).join(" ");
    const drawn = await drawTable({ title: "t", headings: [["h"]], rows: [[{ picture, factor: 20 }]], caption });
    const lines = wordsIn(drawn).slice(2);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.join(" ")).toBe(caption);
    expect(drawn.width).toBeLessThan(560);
  });
});
