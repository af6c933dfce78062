import sharp from "sharp";

/** An RGB picture in memory, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** width · height · 3 values. */
  readonly data: Uint8Array;
}

/** Tiles are enlarged to at least this side, in pixels. */
const TILE = 112;

/** By how many whole pixels pictures of a side are enlarged, so that a 28 px image can be seen. */
export const enlargementOf = (side: number): number => Math.max(1, Math.ceil(TILE / side));

/** A picture enlarged by whole pixels. */
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

/** A picture as a data URI of a PNG. */
export async function dataUriOf({ width, height, data }: Picture): Promise<string> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 9 }).toBuffer();
  return `data:image/png;base64,${png.toString("base64")}`;
}
