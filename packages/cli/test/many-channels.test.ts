import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { tiffFile } from "@ssl-vit/testing";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-channels-"));
const at = (name: string): string => join(folder, name);
const CHANNELS = 5;
for (const [label, name] of ["field", "water"].entries()) {
  mkdirSync(at(`bands/${name}`), { recursive: true });
  for (let index = 0; index < 6; index++) {
    const noise = createRandom(index).derive(name).uniforms(12 * 10 * CHANNELS);
    // The classes differ in the last band alone, by less than a byte's step.
    const data = Uint16Array.from(noise, (value, place) => 20_000 + (place % CHANNELS === 4 ? 100 * label : 0) + 50 * value);
    writeFileSync(at(`bands/${name}/${index}.tif`), tiffFile({ width: 12, height: 10, channels: CHANNELS, data, extraSamples: [0, 0, 0, 0] }));
  }
}
afterAll(() => { rmSync(folder, { recursive: true }); });

const captured = captureOutput();

const engine = ["--engine", "cpu"];
const tiny = ["--image-size", "8", "--patch-size", "4", "--set", "model.embedDim=12", "model.depth=1", "model.numHeads=2"];
const fiveChannels = [...tiny, "model.channels=5"];
const statistics = "[0.3055, 0.3055, 0.3055, 0.3055, 0.3062]";
const deviations = "[0.0003, 0.0003, 0.0003, 0.0003, 0.0008]";
const pretrain = (out: string, ...options: readonly string[]): Promise<number> =>
  run(["pretrain", "--method", "mae", "--data", at("bands"), "--out", at(out), "--steps", "2", "--batch-size", "4", "--workers", "0", ...engine, ...options]);

describe("five channels of 16 bits", () => {
  it("train a model, which embeds, is judged and drawn", async () => {
    expect(await pretrain("run", ...fiveChannels, `views.mean=${statistics}`, `views.std=${deviations}`), captured.both).toBe(0);
    const saved = JSON.parse(readFileSync(at("run/config.resolved.json"), "utf8")) as { run: { encoder: { channels: number } } };
    expect(saved.run.encoder.channels).toBe(CHANNELS);

    const checkpoint = ["--checkpoint", at("run"), "--data", at("bands")];
    expect(await run(["embed", ...checkpoint, "--out", at("bands.csv"), "--workers", "0", ...engine]), captured.both).toBe(0);
    expect(readFileSync(at("bands.csv"), "utf8").trim().split("\n").length).toBe(13);
    for (const what of ["reconstruction", "attention", "views"]) {
      expect(await run(["visualize", what, ...checkpoint, "--out", at(`${what}.png`), "-n", "2", ...engine]), captured.both).toBe(0);
      expect((await sharp(at(`${what}.png`)).metadata()).format).toBe("png");
    }
  });

  it("keep what bytes would lose: raw pixels tell the classes apart", async () => {
    const sets = ["--train", at("bands"), "--test", at("bands"), "--json", "--workers", "0"];
    const knn = ["eval", "knn", "--checkpoint", "pixels", "--like", at("run"), "--image-size", "8", "-k", "4", ...sets, ...engine];
    expect(await run(knn), captured.both).toBe(0);
    expect((JSON.parse(captured.both.split("\n").find((line) => line.startsWith("{"))!) as { top1: number }).top1).toBe(1);
    expect(await run(["eval", "knn", "--checkpoint", "random", "--channels", "5", "--image-size", "8", "-k", "4", ...sets, ...engine]), captured.both).toBe(0);
  });

  it("want statistics of their own", async () => {
    expect(await pretrain("without", ...fiveChannels)).toBe(2);
    expect(captured.both).toContain("views.normalize.mean: expected 1 or 5 numbers, received [0.485,0.456,0.406]. ssl-vit data inspect PATH prints them (--set views.mean=[…] views.std=[…]).");
    expect(existsSync(at("without"))).toBe(false);
  });

  it("are no images for a model of three, and the message names both numbers", async () => {
    expect(await pretrain("three", ...tiny)).toBe(1);
    expect(captured.both).toMatch(/at most 5 of 12 images that cannot be read, received more, among them \w+\/\d\.tif \(it has 5 channels, expected 3\)/);
  });
});
