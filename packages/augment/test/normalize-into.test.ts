import { imagenetNormalization } from "@ssl-vit/core";
import type {} from "@ssl-vit/testing";
import { expect, it } from "vitest";
import { convertChannels, normalizeInto, type RawImage } from "../src/index.js";
import { goldenImages, goldenInput } from "./golden-images.js";

const pixel: RawImage = { width: 1, height: 1, channels: 3, data: Uint8Array.of(0, 128, 255) };

it("writes (value / 255 - mean) / std by channel at the offset", () => {
  const out = new Float32Array(5).fill(9);
  normalizeInto(pixel, imagenetNormalization, out, 1);
  expect(out).toBeAllClose([9, -0.485 / 0.229, (128 / 255 - 0.456) / 0.224, (1 - 0.406) / 0.225, 9], { relative: 1e-6 });
});

it("takes one number for every channel, and the mean of three for a grey image", () => {
  const color = new Float32Array(3);
  normalizeInto(pixel, { mean: [0.5], std: [0.25] }, color, 0);
  expect(color).toBeAllClose([-2, (128 / 255 - 0.5) * 4, 2]);
  const gray = new Float32Array(1);
  normalizeInto({ width: 1, height: 1, channels: 1, data: Uint8Array.of(51) }, { mean: [0.1, 0.2, 0.6], std: [0.1, 0.1, 0.4] }, gray, 0);
  expect(gray).toBeAllClose([(0.2 - 0.3) / 0.2]);
});

it("converts channels as Pillow does", () => {
  const [golden] = goldenImages("grayscale");
  const gray = convertChannels(goldenInput("rgb"), 1);
  expect(gray.data.length).toBe(33 * 26);
  expect(convertChannels(gray, 3)).toEqual(golden!.output);
  expect(convertChannels(gray, 1)).toBe(gray);
});
