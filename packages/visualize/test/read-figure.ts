import sharp from "sharp";
import type { Figure } from "../src/index.js";

/** Pixels of a picture, 3 values each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture within an SVG, and where it stands. */
export interface PlacedPicture extends Pixels {
  readonly x: number;
  readonly y: number;
  /** Pixels of the figure by pixel of the picture. */
  readonly factor: number;
  readonly pixelated: boolean;
}

const numberOf = (element: string, attribute: string): number => Number(new RegExp(` ${attribute}="([^"]*)"`).exec(element)![1]);

/** The pictures of a figure, in their order. */
export function picturesIn({ svg }: Figure): Promise<PlacedPicture[]> {
  const elements = [...svg.matchAll(/<image [^>]*href="data:image\/png;base64,([^"]+)"\/>/g)];
  return Promise.all(
    elements.map(async ([element, base64]) => {
      const { data, info } = await sharp(Buffer.from(base64!, "base64")).raw().toBuffer({ resolveWithObject: true });
      return {
        width: info.width,
        height: info.height,
        data: new Uint8Array(data),
        x: numberOf(element, "x"),
        y: numberOf(element, "y"),
        factor: numberOf(element, "width") / info.width,
        pixelated: element.includes("image-rendering:pixelated"),
      };
    }),
  );
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"' };

/** The words of a figure, as a person reads them. */
export const wordsIn = ({ svg }: Figure): string[] =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map(([, text]) => text!.replaceAll(/<tspan[^>]*>|<\/tspan>/g, " ").replaceAll(/&(\w+);/g, (_, name: string) => entities[name]!).trim());

/** Draws a figure by libxml2 and cairo, at one pixel for one of the SVG. Throws for what is no well-formed XML. */
export async function rasterOf({ svg }: Figure): Promise<Pixels> {
  const { data, info } = await sharp(Buffer.from(svg), { unlimited: true }).flatten({ background: "white" }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data) };
}

/** The color of a pixel. */
export const colorAt = ({ width, data }: Pixels, y: number, x: number): number[] => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
