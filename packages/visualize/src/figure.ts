import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import sharp from "sharp";

/** Everything that this package draws: one SVG document, which needs no other file (pictures within it are PNG data). */
export interface Figure {
  readonly svg: string;
  /** Pixels of the SVG's user space. */
  readonly width: number;
  readonly height: number;
}

/** What a figure is saved as, by the file's ending. */
export const figureFormats: readonly string[] = [".svg", ".png"];

/** Pixels of a saved PNG by pixel of the SVG, as screens of high density have them. */
const DENSITY = 2;
/** Pixels of a side that cairo, which draws for sharp, can hold. */
const LONGEST_SIDE = 32_767;
/** An SVG's pixel is 1/72 inch to sharp. */
const DOTS_PER_INCH = 72;

/**
 * A figure as PNG bytes: two pixels for each of the SVG, fewer where a side would pass 32,767. Letters are drawn in the first font of the
 * figure's list that the machine has.
 */
async function pngOf({ svg, width, height }: Figure): Promise<Uint8Array> {
  const density = Math.min(DENSITY, LONGEST_SIDE / Math.max(width, height)) * DOTS_PER_INCH;
  // Pictures within an SVG are text of more than the 10 MB that a foreign one would be allowed.
  return sharp(Buffer.from(svg), { density, unlimited: true, limitInputPixels: false }).flatten({ background: "white" }).png().toBuffer();
}

/**
 * Writes a figure as `.svg`, or as `.png` with two pixels for each of the SVG, replacing the file and making its folder. An interruption leaves
 * no half file under the name.
 *
 * @throws ConfigError for a name with another ending
 */
export async function saveFigure(figure: Figure, path: string): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (!figureFormats.includes(ending)) {
    throw new ConfigError({ package: "visualize", what: "path", expected: `a name that ends in ${figureFormats.join(" or ")}`, received: path });
  }
  const content = ending === ".svg" ? figure.svg : await pngOf(figure);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
