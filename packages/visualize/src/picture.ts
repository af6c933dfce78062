import { writeFile } from "node:fs/promises";
import { ConfigError } from "@ssl-vit/core";
import sharp from "sharp";

/** An RGB picture in memory, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 values. */
  readonly data: Uint8Array;
}

/**
 * Writes a picture as PNG, replacing the file.
 *
 * @throws ConfigError for a name that does not end in .png
 */
export async function savePicture({ width, height, data }: Picture, path: string): Promise<void> {
  if (!path.toLowerCase().endsWith(".png")) {
    throw new ConfigError({ package: "visualize", what: "path", expected: "a name that ends in .png", received: path });
  }
  await writeFile(path, await sharp(data, { raw: { width, height, channels: 3 } }).png().toBuffer());
}

/** A picture enlarged by whole pixels, so that a 28 px image can be seen. */
export function enlarge({ width, height, data }: Picture, factor: number): Picture {
  const large = { width: width * factor, height: height * factor, data: new Uint8Array(width * height * factor * factor * 3) };
  for (let y = 0; y < large.height; y++) {
    for (let x = 0; x < large.width; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 3;
      large.data.set(data.subarray(from, from + 3), (y * large.width + x) * 3);
    }
  }
  return large;
}
