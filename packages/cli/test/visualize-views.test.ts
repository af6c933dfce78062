import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    expect(await views("--method", "dino", "--out", at("views.svg"), "-n", "3", "--image-size", "32", ...tiny, "method.localViews=2", "views.without=[colorJitter, grayscale, solarize]"), captured.told).toBe(0);
    expect(captured.told).toContain("1 global of 32 px, 1 global of 32 px, 2 local of ");
    const svg = readFileSync(at("views.svg"), "utf8");
    expect(svg).toContain(">Images and their views (dino)<");
    const pictures = await Promise.all([...svg.matchAll(/base64,([^"]+)"/g)].map(([, base64]) => sharp(Buffer.from(base64!, "base64")).raw().toBuffer({ resolveWithObject: true })));
    const rows = [0, 1, 2].map((row) => pictures.slice(row * 5, (row + 1) * 5));
    const colorOf = ({ data, info }: (typeof pictures)[number]): number[] => [...data.subarray(3 * (4 * info.width + 4), 3 * (4 * info.width + 4) + 3)];
    for (const row of rows) expect(row.map(({ info }) => info.width)).toEqual([60, 32, 32, 16, 16]);
    expect(rows.map(([image]) => String(colorOf(image!))).sort()).toEqual(COLORS.map(String).sort());
    for (const [image, ...ofImage] of rows) {
      for (const view of ofImage) {
        colorOf(view).forEach((value, channel) => { expect(Math.abs(value - colorOf(image!)[channel]!)).toBeLessThanOrEqual(1); });
      }
    }
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
    [["--method", "dino", "--out", "x.jpg"], "--out: expected a name that ends in .svg or .png, received x.jpg."],
  ])("refuses %j", async (options, message) => {
    expect(await views(...options)).toBe(2);
    expect(captured.told).toContain(message);
  });
});
