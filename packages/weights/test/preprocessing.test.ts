import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, type Encoder } from "@ssl-vit/core";
import { vit } from "@ssl-vit/vit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encoderFiles } from "../src/encoder-files.js";
import type { Preprocessing } from "../src/preprocessing.js";
import { readPreprocessing } from "../src/read-preprocessing.js";
import { disposeVariables } from "./golden.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-preprocessing-"));
afterAll(() => { rmSync(folder, { recursive: true }); });

/** A folder with one file. */
function withFile(name: string, values: object): string {
  const path = mkdtempSync(join(folder, "model-"));
  writeFileSync(join(path, name), JSON.stringify(values));
  return path;
}

async function expectRefusal(path: string, file: string, message: string): Promise<void> {
  const refused = readPreprocessing(path);
  await expect(refused).rejects.toThrow(`[@ssl-vit/weights] ${path}/${file}: ${message}`);
  await expect(refused).rejects.toThrow(ConfigError);
}

describe("what no image can have is refused when it is read, by the file and its word", () => {
  const sizes = "expected positive whole numbers: one, {height, width} or {shortest_edge}, received";
  test.each<[object, string]>([
    [{ size: { height: -5, width: 0.5 } }, `size: ${sizes} {"height":-5,"width":0.5}.`],
    [{ size: "big" }, `size: ${sizes} "big".`],
    [{ size: 0 }, `size: ${sizes} 0.`],
    [{ do_center_crop: true, size: { shortest_edge: 0 }, crop_size: 224 }, `size: ${sizes} {"shortest_edge":0}.`],
    [{ do_center_crop: true, crop_size: { height: 224 } }, `crop_size: ${sizes} {"height":224}.`],
    [{ image_std: [0, 1, 1] }, "image_std: expected numbers above 0, one a channel, received [0, 1, 1]."],
    [{ image_std: -1 }, "image_std: expected numbers above 0, one a channel, received [-1]."],
    [{ image_mean: [1, 2] }, "image_std: expected 2 numbers, one a channel, or one for all, received [1, 1, 1]."],
    [{ image_mean: [] }, "image_mean: expected finite numbers, one a channel, received []."],
    [{ image_mean: ["0"] }, 'image_mean: expected finite numbers, one a channel, received ["0"].'],
    [{ image_mean: { r: 0 } }, 'image_mean: expected finite numbers, one a channel, received {"r":0}.'],
    [{ resample: 5 }, "resample: expected 0, 1, 2 or 3, received 5."],
    [{ rescale_factor: -1 }, "rescale_factor: expected a number above 0, received -1."],
  ])("preprocessor_config.json with %j", async (values, message) => {
    const sound = { size: { height: 224, width: 224 }, image_mean: [0, 0, 0], image_std: [1, 1, 1] };
    await expectRefusal(withFile("preprocessor_config.json", { ...sound, ...values }), "preprocessor_config.json", message);
  });

  test.each<[object, string]>([
    [{ input_size: [3, 0, 224] }, "input_size: expected three positive whole numbers, [C, Y, X], received [3,0,224]."],
    [{ mean: [0.5, 0.5] }, "mean: expected 3 numbers, one a channel, or one for all, received [0.5, 0.5]."],
    [{ std: [0.5, 0, 0.5] }, "std: expected numbers above 0, one a channel, received [0.5, 0, 0.5]."],
    [{ crop_pct: 0 }, "crop_pct: expected a number above 0, up to 1, received 0."],
    [{ interpolation: "cubic" }, 'interpolation: expected one of nearest, bilinear, bicubic, lanczos, received "cubic".'],
    [{ interpolation: "toString" }, 'received "toString".'],
  ])("timm's config.json with %j", async (values, message) => {
    const sound = { input_size: [3, 224, 224], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
    await expect(readPreprocessing(withFile("config.json", { architecture: "vit_tiny_patch16_224", pretrained_cfg: { ...sound, ...values } }))).rejects.toThrow(message);
  });

  test.each<[object, string]>([
    [{ mean: [0, 0], std: [1, 1, 1] }, "views.normalize: mean: expected 3 numbers, one a channel, or one for all, received [0, 0]."],
    [{ mean: [0, 0, 0], std: [1, 0, 1] }, "views.normalize: std: expected numbers above 0, one a channel, received [1, 0, 1]."],
  ])("a run's configuration with %j", async (normalize, message) => {
    await expectRefusal(withFile("config.resolved.json", { run: { encoder: { imageSize: 32 }, views: { normalize } } }), "config.resolved.json", message);
  });
});

test("one number for all channels, and images that are not normalised, are read", async () => {
  expect(await readPreprocessing(withFile("preprocessor_config.json", { size: 224, image_mean: 0.5, image_std: [0.1, 0.2, 0.3] }))).toMatchObject({ mean: [0.5], std: [0.1, 0.2, 0.3] });
  expect(await readPreprocessing(withFile("preprocessor_config.json", { size: 224, do_normalize: false, image_std: [0] }))).toMatchObject({ mean: [0], std: [1] });
  expect(await readPreprocessing(withFile("config.resolved.json", { run: { encoder: { imageSize: 32 }, views: {} } }))).toMatchObject({ imageSize: [32, 32], std: [0.229, 0.224, 0.225] });
});

describe("and so it is when it would be written", () => {
  let encoder: Encoder;
  beforeAll(() => void (encoder = vit({ imageSize: 16, patchSize: 8, embedDim: 16, depth: 1, numHeads: 2 })("student")));
  afterAll(() => { disposeVariables(encoder); });

  test.each<[Partial<Record<keyof Preprocessing, unknown>>, string]>([
    [{ std: [0, 0, 0] }, "std: expected numbers above 0, one a channel, received [0, 0, 0]."],
    [{ mean: [0.1, 0.2] }, "mean: expected 3 numbers, one a channel, or one for all, received [0.1, 0.2]."],
    [{ mean: [NaN, 0, 0] }, "mean: expected finite numbers, one a channel, received [NaN, 0, 0]."],
    [{ mean: 0.5 }, "mean: expected finite numbers, one a channel, received 0.5."],
    [{ cropRatio: 0 }, "cropRatio: expected a number above 0, up to 1, received 0."],
    [{ cropRatio: NaN }, "cropRatio: expected a number above 0, up to 1, received NaN."],
    [{ imageSize: [0, 0] }, "imageSize: expected two positive whole numbers, [Y, X], received [0, 0]."],
    [{ imageSize: 16 }, "imageSize: expected two positive whole numbers, [Y, X], received 16."],
    [{ interpolation: "cubic" }, 'interpolation: expected one of nearest, bilinear, bicubic, lanczos, received "cubic".'],
    [{ fit: "pad" }, 'fit: expected one of crop, stretch, received "pad".'],
  ])("%j", async (preprocessing, message) => {
    for (const format of ["hf", "timm", "safetensors", "onnx"] as const) await expect(encoderFiles(encoder, { format, preprocessing: preprocessing as Partial<Preprocessing> })).rejects.toThrow(`preprocessing: ${message}`);
  });
});
