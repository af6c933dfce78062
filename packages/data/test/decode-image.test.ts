import { convertChannels } from "@ssl-vit/augment";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../src/decode-image.js";
import { decodeSmallJpeg } from "../src/decode-small-jpeg.js";
import { tiffHeader } from "../src/image-header.js";
import { encoder, jpeg, picture, png } from "./pictures.js";

const image = picture(1);

describe("decodeImage", () => {
  it("gives back the pixels of lossless files", async () => {
    expect(await decodeImage(await png(image))).toMatchObject({ width: 20, height: 16, channels: 3 });
    const files = [png(image), encoder(image).webp({ lossless: true }).toBuffer(), encoder(image).tiff({ compression: "lzw" }).toBuffer()];
    for (const file of await Promise.all(files)) expect(Uint8Array.from((await decodeImage(file)).data)).toEqual(image.data);
  });

  it("reads AVIF, WebP and GIF, of an animation the first frame", async () => {
    const animation = await sharp([await png(image), await png(picture(2))], { join: { animated: true } }).gif().toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(2);
    for (const file of [animation, await encoder(image).avif().toBuffer(), await encoder(image).webp().toBuffer()]) {
      expect(await decodeImage(file)).toMatchObject({ width: 20, height: 16, channels: 3 });
    }
  });

  it("leaves grey in one channel", async () => {
    const gray = picture(3, 20, 16, 1);
    const withAlpha = sharp(gray.data, { raw: { width: 20, height: 16, channels: 1 } }).toColourspace("b-w").ensureAlpha(0.5);
    for (const file of [await png(gray), await encoder(gray).tiff({ compression: "lzw" }).toBuffer(), await withAlpha.png().toBuffer()]) {
      const decoded = await decodeImage(file);
      expect(decoded).toMatchObject({ width: 20, height: 16, channels: 1 });
      expect(Uint8Array.from(decoded.data)).toEqual(gray.data);
    }
    for (const [width, height] of [[20, 16], [300, 260]] as const) {
      const file = await jpeg(picture(3, width, height, 1));
      const decoded = await decodeImage(file);
      expect(decoded).toMatchObject({ width, height, channels: 1 });
      const repeated = await sharp(file).toColourspace("srgb").raw().toBuffer();
      expect(Buffer.from(convertChannels(decoded, 3).data).equals(repeated)).toBe(true);
    }
  });

  it("drops alpha and keeps the color below it", async () => {
    const withAlpha = Uint8Array.from({ length: 4 * 4 }, (_, index) => (index % 4 === 3 ? index * 10 : 200 - (index % 4) * 50));
    const file = await sharp(withAlpha, { raw: { width: 2, height: 2, channels: 4 } }).png().toBuffer();
    expect(Array.from((await decodeImage(file)).data.subarray(0, 6))).toEqual([200, 150, 100, 200, 150, 100]);
  });

  it("turns the image as its EXIF tag says", async () => {
    const file = await encoder(image).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const turned = await decodeImage(file);
    expect(turned).toMatchObject({ width: 16, height: 20 });
    const upright = await sharp(await jpeg(image)).rotate(90).raw().toBuffer();
    expect(turned.data).toEqual(upright);
  });

  it.each([
    ["a JPEG cut in the middle", async () => (await jpeg(picture(1, 300, 300))).subarray(0, 9000), /^the file is damaged or cut off$/],
    ["a small JPEG without its last bytes", async () => (await jpeg(image)).subarray(0, -4), /^the file is damaged or cut off$/],
    ["a PNG cut in the middle", async () => (await png(image)).subarray(0, 300), /^the file is damaged or cut off$/],
    ["an empty file", () => Promise.resolve(Buffer.alloc(0)), /^the file is empty$/],
    ["a text", () => Promise.resolve(Buffer.from("no image at all")), /^Input buffer contains unsupported image format$/],
  ])("refuses %s", async (_, file, reason) => {
    await expect(decodeImage(await file())).rejects.toThrow(reason);
  });
});

describe("decodeSmallJpeg", () => {
  const kinds = [
    { quality: 30 },
    { quality: 95 },
    { quality: 90, chromaSubsampling: "4:4:4" },
    { quality: 80, progressive: true },
  ];
  const sizes = [[1, 1], [7, 5], [33, 31], [150, 130]] as const;

  it.each(kinds)("gives the same bytes as sharp: %j", async (options) => {
    for (const [width, height] of sizes) {
      for (const channels of [1, 3] as const) {
        const file = await encoder(picture(width, width, height, channels)).jpeg(options).toBuffer();
        const decoded = await decodeSmallJpeg(file);
        expect(decoded).toMatchObject({ width, height, channels });
        expect(Buffer.from(convertChannels(decoded!, 3).data)).toEqual(await sharp(file).toColourspace("srgb").raw().toBuffer());
      }
    }
  });

  it("leaves everything else to sharp", async () => {
    const others = [
      await png(image),
      await jpeg(picture(1, 257, 256)),
      await encoder(image).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      await encoder(image).withIccProfile("p3").jpeg().toBuffer(),
      await encoder(image).toColourspace("cmyk").jpeg().toBuffer(),
      (await jpeg(image)).subarray(0, -30),
      Buffer.from("text"),
      Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    ];
    for (const file of others) expect(await decodeSmallJpeg(file)).toBeUndefined();
  });
});

it("takes no more values of a TIFF file's tag than it can have samples", () => {
  /** One tag of 16-bit values at byte 32 of its file. */
  const tiff = (tag: number, count: number): Buffer => {
    const file = Buffer.alloc(32 + 2 * count, 1);
    file.write("II*\0\x08\0\0\0\x01\0", "latin1");
    file.writeUInt16LE(tag, 10);
    file.writeUInt16LE(3, 12);
    file.writeUInt32LE(count, 14);
    file.writeUInt32LE(32, 18);
    return file;
  };
  expect(tiffHeader(tiff(338, 65_535))?.extraSamples).toHaveLength(65_535);
  expect(tiffHeader(tiff(338, 65_536))?.extraSamples).toBeUndefined();
  expect(tiffHeader(tiff(258, 10_000_000))?.bits).toBe(1);
});
