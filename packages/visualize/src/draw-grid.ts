import { drawTable } from "./draw-table.js";
import { enlarge, type Picture } from "./picture.js";

/** Tiles are enlarged to at least this side, in pixels. */
const TILE = 112;

/** By how many whole pixels pictures of a side are enlarged, so that a 28 px image can be seen. */
export const enlargementOf = (side: number): number => Math.max(1, Math.ceil(TILE / side));

/** Rows of equally large tiles, a word over each column. */
export function drawGrid(columns: readonly string[], rows: readonly (readonly Picture[])[]): Promise<Picture> {
  const factor = enlargementOf(Math.max(...rows.flat().map(({ width, height }) => Math.max(width, height))));
  return drawTable(columns.map((word) => [word]), rows.map((row) => row.map((tile) => enlarge(tile, factor))));
}
