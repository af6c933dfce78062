import type { RawImage } from "@ssl-vit/augment";
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { decodeSmallJpeg } from "./decode-small-jpeg.js";
import { isGrayFile, isWordPng, type TiffHeader, tiffHeader } from "./image-header.js";

/** Endings of the files that are taken for images. */
export const imageExtensions: readonly string[] = ["jpg", "jpeg", "png", "webp", "gif", "avif", "tif", "tiff"];

/** Pixels above which an image is refused before memory is taken for it: a header of 30 bytes may claim any number. Pillow refuses as many. */
const MOST_PIXELS = 178_956_970;

const options: SharpOptions = { autoOrient: true, failOn: "error", limitInputPixels: MOST_PIXELS };

/** Only sharp's own words for a failure: those of libvips come from one place for all threads, and may tell of another image. */
async function readable<T>(decoded: Promise<T>): Promise<T> {
  try {
    return await decoded;
  } catch (error) {
    const reason = /^Input [^:\n]*/.exec((error as Error).message)?.[0];
    throw new Error(reason ?? "the file is damaged or cut off", { cause: error });
  }
}

async function bytesOf(image: Sharp): Promise<RawImage> {
  const { data, info } = await readable(image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true }));
  return { width: info.width, height: info.height, channels: info.channels, data };
}

async function wordsOf(image: Sharp): Promise<RawImage & { readonly data: Uint16Array }> {
  const { data, info } = await readable(image.raw({ depth: "ushort" }).toBuffer({ resolveWithObject: true }));
  // Copied where sharp's memory begins at an odd byte.
  const words = data.byteOffset % 2 === 0 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : new Uint16Array(Uint8Array.from(data).buffer);
  return { width: info.width, height: info.height, channels: info.channels, data: words };
}

/** Grey or RGB words without alpha. */
async function decodeWords(bytes: Uint8Array): Promise<RawImage> {
  const { space, hasProfile } = await readable(sharp(bytes, options).metadata());
  const image = sharp(bytes, options).removeAlpha();
  if (space === "grey16") return wordsOf(image.toColourspace("grey16"));
  // A profile turns words into Display P3, not into sRGB as it does bytes; from there on it has to be asked for.
  return wordsOf(hasProfile ? image.toColourspace("rgb16").withIccProfile("srgb") : image.toColourspace("rgb16"));
}

/** Samples that are no alpha, all of them; the color profile has no meaning for them. */
async function decodeSamples(bytes: Uint8Array, { bits, photometric, samples }: TiffHeader, kept: readonly number[]): Promise<RawImage> {
  // In place of sharp's limit of 5 channels: as many values as the largest RGB image has.
  const limits = { limitInputChannels: 0, limitInputPixels: Math.floor((3 * MOST_PIXELS) / Math.max(3, samples)) };
  const image = sharp(bytes, { ...options, ...limits, ignoreIcc: true });
  // As words also where they are bytes: of grey bytes sharp gives the first sample alone. A byte is then the upper half of its word.
  const { width, height, data } = await wordsOf(image.toColourspace(photometric === 2 ? "rgb16" : "grey16"));
  const channels = kept.length;
  const length = width * height * channels;
  const values = bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
  const shift = 16 - bits;
  for (let pixel = 0, to = 0; pixel < width * height; pixel++) {
    for (const sample of kept) values[to++] = data[pixel * samples + sample]! >> shift;
  }
  return { width, height, channels, data: values };
}

/** Positions of the samples that are no alpha. One sample more than the colors is taken for alpha where the file does not say. */
function keptSamples({ photometric, samples, extraSamples }: TiffHeader): number[] {
  const colors = photometric === 2 ? 3 : 1;
  const unsaid = samples === colors + 1 ? [2] : [];
  const extra = extraSamples ?? unsaid;
  return Array.from({ length: samples }, (_, sample) => sample).filter((sample) => ![1, 2].includes(extra[sample - colors] ?? 0));
}

/** A TIFF file of grey or RGB samples, bytes or words, and any others beside them. */
async function decodeTiff(bytes: Uint8Array, header: TiffHeader): Promise<RawImage> {
  const { bits, sampleFormat, photometric } = header;
  if (sampleFormat !== 1 || bits > 16) {
    const kind = { 1: "whole numbers", 2: "numbers with a sign", 3: "floating-point numbers" }[sampleFormat] ?? "numbers";
    throw new Error(`its values are ${kind} of ${bits} bits, expected 8 or 16 bits without a sign`);
  }
  // A palette, CMYK, YCbCr, Lab, or less than a byte.
  if (![0, 1, 2].includes(photometric) || (bits !== 8 && bits !== 16)) return decodeBytes(bytes, photometric === 0 || photometric === 1);
  const kept = keptSamples(header);
  if (kept.length !== (photometric === 2 ? 3 : 1)) return decodeSamples(bytes, header, kept);
  return bits === 16 ? decodeWords(bytes) : decodeBytes(bytes, photometric !== 2);
}

/** Grey or RGB bytes without alpha, in sRGB. */
const decodeBytes = (bytes: Uint8Array, isGray: boolean): Promise<RawImage> => {
  const image = sharp(bytes, options).removeAlpha().toColourspace("srgb");
  return bytesOf(isGray ? image.extractChannel(0) : image);
};

/** Why an image is refused that sharp refuses for its size. */
async function sizeReason(bytes: Uint8Array): Promise<string> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false, limitInputChannels: 0 }).metadata();
  return `the image claims ${width} x ${height} pixels, more than the ${MOST_PIXELS} that are decoded`;
}

/**
 * Decodes an image file: turned as its EXIF tag says, the first frame of an animation, the alpha channel dropped (the colors below it stay, as with
 * PIL's `convert("RGB")`). Values are bytes, or 16-bit words of a PNG or TIFF file that has them. Grey PNG, JPEG and TIFF files have 1 channel;
 * a TIFF file may have any number, of which those that it calls alpha are left out; everything else is RGB, with embedded color profiles turned into sRGB.
 *
 * @throws Error saying what is wrong with the file; a file that ends too early is an error, not a grey lower half
 */
export async function decodeImage(bytes: Uint8Array): Promise<RawImage> {
  if (bytes.length === 0) throw new Error("the file is empty");
  try {
    const small = await decodeSmallJpeg(bytes);
    if (small !== undefined) return small;
    if (isWordPng(bytes)) return await decodeWords(bytes);
    const header = tiffHeader(bytes);
    return await (header === undefined ? decodeBytes(bytes, isGrayFile(bytes)) : decodeTiff(bytes, header));
  } catch (error) {
    throw (error as Error).message === "Input image exceeds pixel limit" ? new Error(await sizeReason(bytes), { cause: error }) : error;
  }
}
