import { ConfigError, ShapeError, type ViewPolicy } from "@ssl-vit/core";
import sharp from "sharp";
import { drawTable, type Tile } from "./draw-table.js";
import type { Figure } from "./figure.js";
import { picturesOf } from "./image-pictures.js";
import { enlargementOf, type Picture } from "./picture.js";

/** Options of {@link drawViews}. */
export interface ViewsOptions {
  /** The images as they were read: bytes or 16-bit words, [Y, X, C]. One row of the figure each. */
  readonly images: readonly { readonly width: number; readonly height: number; readonly channels: number; readonly data: Uint8Array | Uint16Array }[];
  /** One view of every image each, in the order of the images: normalised values in ordinary memory. */
  readonly views: readonly { readonly name: string; readonly shape: readonly [batch: number, height: number, width: number, channels: number]; readonly data: Float32Array }[];
  /** How the views were normalised. */
  readonly normalize: ViewPolicy["normalize"];
  readonly title?: string;
}

/** An image of at most a height and twice the width: enlarged by whole pixels, or made smaller. */
async function thumbnailOf({ width, height, channels, data }: ViewsOptions["images"][number], side: number): Promise<Tile> {
  const shift = data instanceof Uint16Array ? 8 : 0;
  const picture: Picture = { width, height, data: new Uint8Array(width * height * 3) };
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) picture.data[pixel * 3 + channel] = data[pixel * channels + (channels < 3 ? 0 : channel)]! >> shift;
  }
  const scale = Math.min(side / height, (2 * side) / width);
  if (scale >= 1) return { picture, factor: Math.floor(scale) };
  const { data: small, info } = await sharp(picture.data, { raw: { width, height, channels: 3 } })
    .resize({ width: 2 * side, height: side, fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { picture: { width: info.width, height: info.height, data: new Uint8Array(small) }, factor: 1 };
}

/** `global 1`, `global 2`, `local`: numbered where there are several of a name. */
function titlesOf(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return names.filter((other) => other === name).length > 1 ? `${name} ${number}` : name;
  });
}

/**
 * What a view policy makes of images: one row an image, the image itself and then every view, under its name and size. Views are enlarged by the same
 * factor; of more than three channels the first three are red, green and blue, of two the first is grey.
 *
 * @throws ConfigError without images or views; ShapeError for views of another number of images
 */
export async function drawViews({ images, views, normalize, title = "Images and their views" }: ViewsOptions): Promise<Figure> {
  if (images.length === 0 || views.length === 0) {
    throw new ConfigError({ package: "visualize", what: "views", expected: "at least one image and one view", received: `${images.length} images, ${views.length} views` });
  }
  for (const { name, shape } of views) {
    if (shape[0] !== images.length) throw new ShapeError({ package: "visualize", what: name, expected: `a view of ${images.length} images`, received: `[${shape.join(", ")}]` });
  }
  const side = Math.max(...views.map(({ shape: [, height, width] }) => Math.max(height, width)));
  const factor = enlargementOf(side);
  const pictures = views.map(({ shape, data }) => picturesOf(data, shape, normalize).map((picture) => ({ picture, factor })));
  const thumbnails = await Promise.all(images.map((image) => thumbnailOf(image, side * factor)));
  const titles = titlesOf(views.map(({ name }) => name));
  const headings = views.map(({ shape: [, height, width] }, view) => [titles[view]!, height === width ? `${width} px` : `${width} × ${height} px`]);
  const rows = thumbnails.map((thumbnail, row) => [thumbnail, ...pictures.map((ofView) => ofView[row]!)]);
  return drawTable({ title, headings: [["image", ""], ...headings], rows });
}
