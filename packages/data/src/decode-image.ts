import { convertChannels, type RawImage } from "@ssl-vit/augment";
import sharp from "sharp";
import { decodeSmallJpeg } from "./decode-small-jpeg.js";

/** Endings of the files that are taken for images. */
export const imageExtensions: readonly string[] = ["jpg", "jpeg", "png", "webp", "gif", "avif", "tif", "tiff"];

/** Pixels above which an image is refused before memory is taken for it: a header of 30 bytes may claim any number. Pillow refuses as many. */
const MOST_PIXELS = 178_956_970;

/** Why an image is refused that sharp refuses for its size. */
async function sizeReason(bytes: Uint8Array): Promise<string> {
  const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata();
  return `the image claims ${width} x ${height} pixels, more than the ${MOST_PIXELS} that are decoded`;
}

/**
 * Decodes an image file to RGB bytes: turned as its EXIF tag says, the first frame of an animation, 16 bits cut to 8, embedded color
 * profiles turned into sRGB, the alpha channel dropped (the colors below it stay, as with PIL's `convert("RGB")`), grey repeated.
 *
 * @throws Error saying what is wrong with the file; a file that ends too early is an error, not a grey lower half
 */
export async function decodeImage(bytes: Uint8Array): Promise<RawImage> {
  if (bytes.length === 0) throw new Error("the file is empty");
  const small = await decodeSmallJpeg(bytes);
  if (small !== undefined) return convertChannels(small, 3);
  try {
    const { data, info } = await sharp(bytes, { autoOrient: true, failOn: "error", limitInputPixels: MOST_PIXELS })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (error) {
    // Only sharp's own words: those of libvips come from one place for all threads, and may tell of another image.
    const reason = /^Input [^:\n]*/.exec((error as Error).message)?.[0];
    if (reason === "Input image exceeds pixel limit") throw new Error(await sizeReason(bytes), { cause: error });
    throw new Error(reason ?? "the file is damaged or cut off", { cause: error });
  }
}
