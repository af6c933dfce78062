import { convertChannels, type RawImage } from "@ssl-vit/augment";
import sharp from "sharp";
import { decodeSmallJpeg } from "./decode-small-jpeg.js";

/** Endings of the files that are taken for images. */
export const imageExtensions: readonly string[] = ["jpg", "jpeg", "png", "webp", "gif", "avif", "tif", "tiff"];

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
    const { data, info } = await sharp(bytes, { autoOrient: true, failOn: "error" })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (error) {
    // Only sharp's own words: those of libvips come from one place for all threads, and may tell of another image.
    const reason = /^Input [^:\n]*/.exec((error as Error).message)?.[0];
    throw new Error(reason ?? "the file is damaged or cut off", { cause: error });
  }
}
