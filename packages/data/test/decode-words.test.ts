import { createRandom } from "@ssl-vit/core";
import { tiffFile, type TiffImage } from "@ssl-vit/testing";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../src/decode-image.js";
import { tiffHeader } from "../src/image-header.js";

const size = { width: 7, height: 5 };
const words = (channels: number): Uint16Array => Uint16Array.from(createRandom(channels).uniforms(35 * channels), (value) => value * 65_536);
const bytes = (channels: number): Uint8Array => Uint8Array.from(words(channels), (value) => value >> 8);
const png = (channels: 1 | 2 | 3 | 4): Promise<Buffer> =>
  sharp(words(channels), { raw: { ...size, channels } })
    .toColourspace(channels < 3 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
/** Of each pixel's values the first ones. */
const first = <T extends Uint8Array | Uint16Array>(data: T, channels: number, kept: number): T => data.filter((_, index) => index % channels < kept) as T;

describe("16-bit files keep their words", () => {
  it.each([[1, 1], [2, 1], [3, 3], [4, 3]] as const)("PNG of %i samples: %i channels, alpha dropped", async (samples, channels) => {
    expect(await decodeImage(await png(samples))).toEqual({ ...size, channels, data: first(words(samples), samples, channels) });
  });

  it("PNG whose color profile is sRGB's, within its rounding; Display P3 turned into sRGB", async () => {
    const inProfile = async (name: "srgb" | "p3"): Promise<Uint16Array> => {
      const image = sharp(Uint16Array.of(40_000, 30_000, 20_000, 30_000, 30_000, 30_000), { raw: { width: 2, height: 1, channels: 3 } });
      // Words are taken for Display P3 where a profile is asked for: the file holds the same colors in the profile's numbers.
      return (await decodeImage(await image.toColourspace("rgb16").withIccProfile(name).png().toBuffer())).data as Uint16Array;
    };
    const [fromSrgb, fromP3] = [await inProfile("srgb"), await inProfile("p3")];
    expect(fromP3).toBeInstanceOf(Uint16Array);
    // P3's red is more of a red in sRGB; grey is the same in both.
    expect(fromP3[0]).toBeGreaterThan(41_000);
    expect([...fromP3.subarray(3)].every((value) => Math.abs(value - 30_000) < 30)).toBe(true);
    fromSrgb.forEach((value, index) => { expect(Math.abs(value - fromP3[index]!)).toBeLessThan(100); });
  });

  it.each<[string, Omit<TiffImage, "width" | "height" | "data">, number]>([
    ["grey", { channels: 1 }, 1],
    ["grey and alpha", { channels: 2, extraSamples: [2] }, 1],
    ["grey and one that the file does not explain", { channels: 2 }, 1],
    ["two bands", { channels: 2, extraSamples: [0] }, 2],
    ["RGB", { channels: 3, photometric: 2 }, 3],
    ["RGB and alpha", { channels: 4, photometric: 2, extraSamples: [2] }, 3],
    ["RGB and infrared", { channels: 4, photometric: 2, extraSamples: [0] }, 4],
    ["three bands", { channels: 3, extraSamples: [0, 0] }, 3],
    ["five bands", { channels: 5, extraSamples: [0, 0, 0, 0] }, 5],
    ["five bands that the file does not explain", { channels: 5 }, 5],
    ["four bands and alpha", { channels: 5, extraSamples: [0, 0, 0, 2] }, 4],
    ["thirteen bands", { channels: 13, extraSamples: new Array<number>(12).fill(0) }, 13],
  ])("TIFF of %s, words and bytes", async (_, options, channels) => {
    for (const data of [words(options.channels), bytes(options.channels)]) {
      const decoded = await decodeImage(tiffFile({ ...size, ...options, data }));
      expect({ ...decoded, data: [...decoded.data] }).toEqual({ ...size, channels, data: [...first(data, options.channels, channels)] });
      expect(decoded.data.BYTES_PER_ELEMENT).toBe(data.BYTES_PER_ELEMENT);
    }
  });

  it("compressed and tiled", async () => {
    const image = sharp(words(3), { raw: { ...size, channels: 3 } }).toColourspace("rgb16");
    for (const compression of ["deflate", "lzw"] as const) {
      const file = await image.clone().tiff({ compression, predictor: "horizontal", tile: compression === "deflate" }).toBuffer();
      expect(await decodeImage(file)).toEqual({ ...size, channels: 3, data: words(3) });
    }
  });

  it.each([1, 2, 3, 5])("turned as the file says, %i channels", async (channels) => {
    const file = tiffFile({ ...size, channels, data: words(channels), orientation: 3, extraSamples: new Array<number>(channels - (channels === 3 ? 3 : 1)).fill(0), photometric: channels === 3 ? 2 : 1 });
    const pixels = Array.from({ length: 35 }, (_, pixel) => [...words(channels).subarray(channels * pixel, channels * (pixel + 1))]);
    expect([...(await decodeImage(file)).data]).toEqual(pixels.reverse().flat());
  });
});

describe("TIFF files that are refused", () => {
  const grey = { ...size, channels: 1 };
  it.each<[string, Uint8Array, RegExp]>([
    ["floating point", tiffFile({ ...grey, data: new Float32Array(35) }), /^its values are floating-point numbers of 32 bits, expected 8 or 16 bits without a sign$/],
    ["a sign", tiffFile({ ...grey, data: new Int16Array(35) }), /^its values are numbers with a sign of 16 bits, expected/],
    ["an end too early", tiffFile({ ...grey, data: words(1) }).subarray(0, 60), /^(the file is damaged or cut off|Input buffer contains unsupported image format)$/],
  ])("%s", async (_, file, message) => {
    await expect(decodeImage(file)).rejects.toThrow(message);
  });

  it("or whose header has been damaged: an error or an image, at once", async () => {
    const whole = tiffFile({ ...size, channels: 5, data: words(5), extraSamples: [0, 0, 0, 0] });
    const random = createRandom(4);
    let refused = 0;
    for (let trial = 0; trial < 300; trial++) {
      const file = whole.slice();
      // The directory, its values, and the place of it.
      const places = random.derive(trial).uniforms(6);
      for (let change = 0; change < 3; change++) {
        const place = trial % 10 === 0 ? 4 : 358 + Math.floor(places[2 * change]! * (file.length - 358));
        file[place] = Math.floor(places[2 * change + 1]! * 256);
      }
      await decodeImage(file).then(
        ({ width, height, channels, data }) => { expect(data.length).toBe(width * height * channels); },
        (error: unknown) => {
          refused++;
          expect((error as Error).message).toMatch(/^(the file is damaged or cut off|Input .*|its values are .*)$/);
        },
      );
    }
    expect(refused).toBeGreaterThan(20);
  });
});

describe("tiffHeader", () => {
  it("reads big-endian files and BigTIFF", () => {
    const big = Buffer.alloc(8 + 2 + 12);
    big.write("MM\0*", "latin1");
    big.writeUInt32BE(8, 4);
    big.writeUInt16BE(1, 8);
    [277, 3].forEach((value, index) => big.writeUInt16BE(value, 10 + 2 * index));
    big.writeUInt32BE(1, 14);
    big.writeUInt16BE(6, 18);
    expect(tiffHeader(big)).toEqual({ bits: 1, sampleFormat: 1, photometric: -1, samples: 6, extraSamples: undefined });

    const wide = Buffer.alloc(16 + 8 + 20);
    wide.write("II+\0\u0008\0\0\0", "latin1");
    wide.writeBigUInt64LE(16n, 8);
    wide.writeBigUInt64LE(1n, 16);
    [338, 3].forEach((value, index) => wide.writeUInt16LE(value, 24 + 2 * index));
    wide.writeBigUInt64LE(3n, 28);
    [0, 2, 0].forEach((value, index) => wide.writeUInt16LE(value, 36 + 2 * index));
    expect(tiffHeader(wide)).toMatchObject({ extraSamples: [0, 2, 0] });
  });

  it("gives up on places beyond the end", () => {
    const file = Buffer.from(tiffFile({ ...size, channels: 1, data: bytes(1) }));
    file.writeUInt32LE(1e9, 4);
    expect(tiffHeader(file)).toBeUndefined();
    expect(tiffHeader(Buffer.from("no TIFF file at all"))).toBeUndefined();
  });
});
