import type { RawImage } from "@ssl-vit/augment";
import { createRandom } from "@ssl-vit/core";
import sharp, { type Sharp } from "sharp";

/** A picture of colored waves with a little noise; another one for each number. */
export function picture(number: number, width = 20, height = 16, channels: 1 | 3 = 3): RawImage {
  const noise = createRandom(number).uniforms(width * height * channels);
  const data = Uint8Array.from(noise, (value, index) => {
    const pixel = Math.floor(index / channels);
    return 128 + 80 * Math.sin(((pixel % width) + number) / (3 + (index % channels))) + 30 * Math.cos(pixel / width / 4) + 15 * value;
  });
  return { width, height, channels, data };
}

/** An image on its way into a file. */
export function encoder({ data, width, height, channels }: RawImage): Sharp {
  const image = sharp(data, { raw: { width, height, channels: channels as 1 | 3 } });
  return channels === 1 ? image.toColourspace("b-w") : image;
}

export const jpeg = (image: RawImage): Promise<Buffer> => encoder(image).jpeg().toBuffer();
export const png = (image: RawImage): Promise<Buffer> => encoder(image).png().toBuffer();
