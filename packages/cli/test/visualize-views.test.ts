import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-views-"));
const at = (name: string): string => join(folder, name);
mkdirSync(at("photos"));
const COLORS = [[200, 30, 20], [20, 160, 60], [40, 50, 210]] as const;
for (const [index, [r, g, b]] of COLORS.entries()) {
  const image = sharp({ create: { width: 60, height: 40, channels: 3, background: { r, g, b } } });
  writeFileSync(at(`photos/${index}.png`), await image.png().toBuffer());
}
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

const views = (...options: readonly string[]): Promise<number> => run(["visualize", "views", "--data", at("photos"), "--engine", "cpu", ...options]);
const tiny = ["--set", "model.embedDim=12", "model.depth=1", "model.numHeads=2", "method.prototypes=8", "method.hiddenDim=8"];

describe("ssl-vit visualize views", () => {
  it("draws a row an image: the image, then every view, in the image's colors", async () => {
    expect(await views("--method", "dino", "--out", at("views.png"), "-n", "3", "--image-size", "32", ...tiny, "method.localViews=2", "views.without=[colorJitter, grayscale, solarize]"), captured.told).toBe(0);
    expect(captured.told).toContain("1 global of 32 px, 1 global of 32 px, 2 local of ");
    const { data, info } = await sharp(at("views.png")).raw().toBuffer({ resolveWithObject: true });
    // Below the words: 2 lines of 16 and 8. Views of 32 px are drawn as 128; the image of 60 x 40 keeps its ratio, 3 times as large.
    const [top, step] = [48, 128 + 8];
    expect(info.height).toBe(40 + 3 * step + 8);
    const colorAt = (row: number, x: number): number[] => [...data.subarray(((top + row * step + 10) * info.width + x) * 3, ((top + row * step + 10) * info.width + x) * 3 + 3)];
    const rows = [0, 1, 2].map((row) => colorAt(row, 20));
    expect(rows.map(String).sort()).toEqual(COLORS.map(String).sort());
    rows.forEach((color, row) => {
      for (const x of [8 + 180 + 8 + 20, 8 + 180 + 8 + 136 + 20, 8 + 180 + 8 + 2 * 136 + 20]) {
        colorAt(row, x).forEach((value, channel) => { expect(Math.abs(value - color[channel]!)).toBeLessThanOrEqual(1); });
      }
    });
  });

  it("draws the same picture for the same seed", async () => {
    const draw = async (name: string, seed: string): Promise<Buffer> => {
      expect(await views("--method", "simclr", "--out", at(name), "--seed", seed, "--image-size", "16", "--set", "model.embedDim=12", "model.depth=1", "model.numHeads=2"), captured.told).toBe(0);
      return sharp(at(name)).raw().toBuffer();
    };
    const first = await draw("first.png", "4");
    expect((await draw("second.png", "4")).equals(first)).toBe(true);
    expect((await draw("third.png", "5")).equals(first)).toBe(false);
  });

  it.each([
    [["--out", "x.png"], "what to draw: expected --method or --checkpoint, one of them, received neither."],
    [["--method", "dino", "--checkpoint", "runs/dino", "--out", "x.png"], "received both."],
    [["--checkpoint", "runs/dino", "--image-size", "96", "--out", "x.png"], "--image-size: expected only with --method, received --checkpoint, whose views are drawn as they were."],
    [["--checkpoint", "runs/none", "--out", "x.png"], "--checkpoint: expected a run's folder"],
    [["--method", "dino", "--set", "views.without=[colourJitter]", "--out", "x.png"], 'Did you mean "colorJitter"?'],
    [["--method", "dino", "--out", "x.jpg"], "--out: expected a name that ends in .png, received x.jpg."],
  ])("refuses %j", async (options, message) => {
    expect(await views(...options)).toBe(2);
    expect(captured.told).toContain(message);
  });
});
