import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { adjustHue } from "../src/adjust-hue.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import { horizontalFlip } from "../src/horizontal-flip.js";
import { normalizeInto, type RawImage } from "../src/index.js";
import { resample } from "../src/resample.js";
import { turnedByPil } from "./pil-hue.js";

const noise = (width: number, height: number): RawImage => {
  const values = createRandom(1).derive("noise", width, height).uniforms(width * height * 3);
  return { width, height, channels: 3, data: Uint8Array.from(values, (value) => value * 256) };
};

/** One channel as a grey image, which no kernel takes. */
const channelOf = (image: RawImage, channel: number): RawImage => ({ ...image, channels: 1, data: image.data.filter((_, index) => index % 3 === channel) });

/** Expects that an operation makes of RGB bytes what it makes of each channel alone. */
function expectLikeChannels(image: RawImage, operation: (image: RawImage) => RawImage): void {
  const result = operation(image);
  for (let channel = 0; channel < 3; channel++) expect(channelOf(result, channel)).toEqual(operation(channelOf(image, channel)));
}

it("are what kernels/ compiles to", () => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL("../scripts/build-kernels.js", import.meta.url)), "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

describe("give the bytes of the plain loops", () => {
  it.each([
    [1, 1, 3, 2],
    [1, 7, 5, 5],
    [2, 3, 16, 1],
    [37, 29, 17, 23],
    [30, 40, 30, 12],
    [30, 40, 11, 40],
    [33, 26, 96, 70],
    [640, 900, 7, 5],
    [2100, 400, 32, 32],
  ])("resample %d x %d to %d x %d", (width, height, newWidth, newHeight) => {
    const image = noise(width, height);
    const regions = [{ left: 0, top: 0, width, height }, { left: width >> 2, top: height >> 1, width: (width + 1) >> 1, height: (height + 1) >> 1 }];
    for (const region of regions) {
      for (const interpolation of ["bicubic", "bilinear"] as const) {
        expectLikeChannels(image, (given) => resample(given, region, { width: newWidth, height: newHeight }, interpolation));
      }
    }
  });

  it.each([[1, 1], [5, 2], [3, 31], [40, 27]])("gaussianBlur %d x %d", (width, height) => {
    for (const sigma of [0.1, 0.7, 2, 6]) expectLikeChannels(noise(width, height), (image) => gaussianBlur(image, sigma));
  });

  it("horizontalFlip", () => {
    for (const width of [1, 2, 3, 4, 5, 8, 13]) expectLikeChannels(noise(width, 3), horizontalFlip);
  });

  it("normalizeInto, for every value", () => {
    for (const channels of [1, 2, 3, 4]) {
      const data = Uint8Array.from({ length: 256 * channels }, (_, index) => index / channels);
      const numbers = createRandom(2).derive(channels).uniforms(2 * channels);
      const [mean, std] = [[...numbers.subarray(0, channels)], [...numbers.subarray(channels)]];
      // A word of 257 times the value is the same number, and no kernel's.
      const words: RawImage = { width: 256, height: 1, channels, data: Uint16Array.from(data, (value) => value * 257) };
      const [out, plain] = [new Float32Array(data.length + 8), new Float32Array(data.length + 8)];
      normalizeInto({ ...words, data }, { mean, std }, out, 3);
      normalizeInto(words, { mean, std }, plain, 3);
      expect(out).toEqual(plain);
    }
  });
});

it("turn the hue of every color of each fifth red as PIL does, 3.4 million", { timeout: 60_000 }, () => {
  const data = new Uint8Array(65_536 * 3);
  const expected = new Uint8Array(data.length);
  for (let red = 0; red < 256; red += 5) {
    const shift = red - 128;
    for (let index = 0, to = 0; index < 65_536; index++, to += 3) {
      const [green, blue] = [index >> 8, index & 255];
      [data[to], data[to + 1], data[to + 2]] = [red, green, blue];
      [expected[to], expected[to + 1], expected[to + 2]] = turnedByPil(red, green, blue, shift);
    }
    // Half a step more, so that the product with 255 is not cut below the shift.
    const turned = adjustHue({ width: 256, height: 256, channels: 3, data }, (shift + Math.sign(shift) * 0.5) / 255).data;
    const place = expected.findIndex((value, index) => value !== turned[index]);
    if (place >= 0) expect.fail(`color ${red}, ${Math.floor(place / 3) >> 8}, ${Math.floor(place / 3) & 255} turned by ${shift}: ${turned[place]} instead of ${expected[place]}`);
  }
});
