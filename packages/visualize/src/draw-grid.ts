import sharp from "sharp";
import { enlarge, type Picture } from "./picture.js";

const MARGIN = 8;
const HEADER = 24;
/** Tiles are enlarged to at least this side, in pixels. */
const TILE = 112;

const escapeXml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Rows of equally large tiles on white, a word over each column. */
export async function drawGrid(columns: readonly string[], rows: readonly (readonly Picture[])[]): Promise<Picture> {
  const side = Math.max(...rows.flat().map(({ width, height }) => Math.max(width, height)));
  const factor = Math.max(1, Math.ceil(TILE / side));
  const step = side * factor + MARGIN;
  const width = columns.length * step + MARGIN;
  const height = HEADER + rows.length * step + MARGIN;
  const tiles = rows.flatMap((row, y) =>
    row.map((tile, x) => {
      const { width: tileWidth, height: tileHeight, data } = enlarge(tile, factor);
      return {
        input: Buffer.from(data),
        raw: { width: tileWidth, height: tileHeight, channels: 3 as const },
        left: MARGIN + x * step,
        top: HEADER + MARGIN + y * step,
      };
    }),
  );
  const words = columns.map((word, x) => `<text x="${MARGIN + x * step + (side * factor) / 2}" y="${HEADER - 5}" text-anchor="middle">${escapeXml(word)}</text>`);
  const header = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEADER}"><g font-family="sans-serif" font-size="13" fill="#333">${words.join("")}</g></svg>`;
  const data = await sharp({ create: { width, height, channels: 3, background: "white" } })
    .composite([...tiles, { input: Buffer.from(header), left: 0, top: 0 }])
    .removeAlpha()
    .raw()
    .toBuffer();
  return { width, height, data: new Uint8Array(data) };
}
