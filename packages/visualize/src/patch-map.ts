import type { Tile } from "./draw-table.js";
import { colorOf } from "./color-map.js";
import { enlargeBicubic } from "./enlarge-bicubic.js";
import { enlarge, type Picture } from "./picture.js";

/** How values of patches are drawn. */
export interface PatchRendering {
  /** `"patches"` (default): each patch in one color, as it was computed. `"smooth"`: bicubic between the patches' centers. */
  readonly rendering?: "patches" | "smooth";
}

interface PatchMapPlace extends PatchRendering {
  /** Rows and columns of patches. */
  readonly grid: readonly [rows: number, columns: number];
  readonly patchSize: number;
  /** By how many whole pixels the image beside is enlarged. */
  readonly factor: number;
}

/** Colors of patches, each channel a value in [0, 1] a patch, at the size of the image beside them. */
export function patchColors(channels: readonly ArrayLike<number>[], { grid, patchSize, factor, rendering = "patches" }: PatchMapPlace, toColor: (...values: number[]) => readonly number[]): Tile {
  const [rows, columns] = grid;
  const size = rendering === "smooth" ? ([rows * patchSize * factor, columns * patchSize * factor] as const) : grid;
  const values = rendering === "smooth" ? channels.map((channel) => enlargeBicubic(channel, grid, size)) : channels;
  const data = new Uint8Array(size[0] * size[1] * 3);
  for (let place = 0; place < size[0] * size[1]; place++) data.set(toColor(...values.map((channel) => channel[place]!)), place * 3);
  return { picture: { width: size[1], height: size[0], data }, factor: rendering === "smooth" ? 1 : patchSize * factor };
}

/** One value a patch by the color map, dark = `least`, bright = `most`. */
export function heatMap(values: ArrayLike<number>, [least, most]: readonly [number, number], place: PatchMapPlace): Tile {
  const shares = Array.from(values, (value) => (most > least ? (value - least) / (most - least) : 0));
  return patchColors([shares], place, colorOf);
}

/** How much of a heat map covers the image below. */
const COVER = 0.6;

/** A tile over the image that it belongs to, both at the figure's size. */
export function overlaid(tile: Tile, image: Picture, factor: number): Tile {
  const [above, below] = [enlarge(tile.picture, tile.factor), enlarge(image, factor)];
  const data = above.data.map((value, index) => Math.round(COVER * value + (1 - COVER) * below.data[index]!));
  return { ...tile, picture: { ...above, data }, factor: 1 };
}
