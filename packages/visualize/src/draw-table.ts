import sharp from "sharp";
import type { Picture } from "./picture.js";

const MARGIN = 8;
const LINE = 16;
const FONT_SIZE = 13;
/** Width of a letter, at most, for columns that are narrower than their words. */
const LETTER = 8;

/** Words over a column, a line each. */
export type Heading = readonly string[];

const escapeXml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Where each of some lengths begins when they follow each other with a margin before each, and where the last one ends, with a margin. */
function placesOf(lengths: readonly number[], start: number): { readonly places: readonly number[]; readonly end: number } {
  const places: number[] = [];
  let next = start + MARGIN;
  for (const length of lengths) {
    places.push(next);
    next += length + MARGIN;
  }
  return { places, end: next };
}

/** Rows of pictures on white, each column as wide as its widest picture or word, each row as high as its highest picture. */
export async function drawTable(headings: readonly Heading[], rows: readonly (readonly Picture[])[]): Promise<Picture> {
  const lines = Math.max(...headings.map(({ length }) => length));
  const header = 8 + lines * LINE;
  const widths = headings.map((heading, column) =>
    Math.max(...heading.map((line) => line.length * LETTER), ...rows.map((row) => row[column]?.width ?? 0)),
  );
  const { places: lefts, end: width } = placesOf(widths, 0);
  const { places: tops, end: height } = placesOf(rows.map((row) => Math.max(...row.map((picture) => picture.height))), header);
  const tiles = rows.flatMap((row, y) =>
    row.map((picture, column) => ({
      input: Buffer.from(picture.data),
      raw: { width: picture.width, height: picture.height, channels: 3 as const },
      left: lefts[column]! + Math.floor((widths[column]! - picture.width) / 2),
      top: tops[y]!,
    })),
  );
  const words = headings.flatMap((heading, column) =>
    heading.map((line, row) => `<text x="${lefts[column]! + widths[column]! / 2}" y="${header - 5 - (heading.length - 1 - row) * LINE}" text-anchor="middle">${escapeXml(line)}</text>`),
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${header}"><g font-family="sans-serif" font-size="${FONT_SIZE}" fill="#333">${words.join("")}</g></svg>`;
  const data = await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([...tiles, { input: Buffer.from(svg), left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(data) };
}
