import { colorGradient } from "./color-map.js";
import type { Figure } from "./figure.js";
import { dataUriOf, type Picture } from "./picture.js";
import { FONT_FAMILY, svgText, textWidth, wrappedText } from "./svg-text.js";

/** A picture in a table. */
export interface Tile {
  readonly picture: Picture;
  /** Pixels of the figure by pixel of the picture. */
  readonly factor: number;
  /** A few words below it. */
  readonly note?: string;
}

export interface TableFigure {
  readonly title: string;
  /** Lines over each column. */
  readonly headings: readonly (readonly string[])[];
  /** As many tiles a row as there are headings. */
  readonly rows: readonly (readonly Tile[])[];
  /** What the ends of the color map mean. */
  readonly colorBar?: { readonly least: string; readonly most: string };
  readonly caption?: string;
}

const MARGIN = 16;
const GAP = 10;
/** Text is wrapped at the table's width, or at this one when the table is narrower. */
const LEAST_TEXT_WIDTH = 500;
const fonts = { title: { size: 16, line: 21 }, heading: { size: 13, line: 16 }, note: { size: 11, line: 16 }, caption: { size: 12, line: 17 } } as const;
const BAR = { width: 140, height: 10 } as const;

/** Where each of some lengths begins when they follow each other with a gap between, and where the last one ends. */
function placesOf(lengths: readonly number[], start: number): { readonly places: readonly number[]; readonly end: number } {
  const places: number[] = [];
  let next = start;
  for (const length of lengths) {
    places.push(next);
    next += length + GAP;
  }
  return { places, end: next - GAP };
}

interface Words {
  readonly x: number;
  readonly y: number;
  readonly font: keyof typeof fonts;
  readonly anchor?: "middle" | "end";
}

const colors = { title: "#222", heading: "#333", note: "#666", caption: "#555" } as const;

function words(text: string, { x, y, font, anchor }: Words): string {
  const weight = font === "title" ? ' font-weight="600"' : "";
  return `<text x="${x}" y="${y}" font-size="${fonts[font].size}" fill="${colors[font]}"${weight}${anchor === undefined ? "" : ` text-anchor="${anchor}"`}>${svgText(text)}</text>`;
}

/** Lines of text from a height downwards. */
const paragraph = (lines: readonly string[], top: number, font: keyof typeof fonts): string[] =>
  lines.map((line, index) => words(line, { x: MARGIN, y: top + index * fonts[font].line + fonts[font].size, font }));

async function image({ picture, factor }: Tile, x: number, y: number): Promise<string> {
  const pixelated = factor > 1 ? ' style="image-rendering:pixelated"' : "";
  return `<image x="${x}" y="${y}" width="${picture.width * factor}" height="${picture.height * factor}" preserveAspectRatio="none"${pixelated} href="${await dataUriOf(picture)}"/>`;
}

/** The color map from left to right between what its ends mean. */
function colorBarAt({ least, most }: NonNullable<TableFigure["colorBar"]>, top: number): string {
  const left = MARGIN + textWidth(least, fonts.note.size) + 6;
  return [
    `<defs>${colorGradient("color-bar")}</defs>`,
    words(least, { x: left - 6, y: top + 9, font: "note", anchor: "end" }),
    `<rect x="${left}" y="${top}" width="${BAR.width}" height="${BAR.height}" fill="url(#color-bar)"/>`,
    words(most, { x: left + BAR.width + 6, y: top + 9, font: "note" }),
  ].join("");
}

/** Rows of pictures on white under a title and headings, each column as wide as its widest tile or word, each row as high as its highest tile. */
export async function drawTable({ title, headings, rows, colorBar, caption }: TableFigure): Promise<Figure> {
  const widths = headings.map((heading, column) => {
    const tiles = rows.map((row) => row[column]!);
    const texts = [...heading.map((line) => textWidth(line, fonts.heading.size)), ...tiles.map(({ note = "" }) => textWidth(note, fonts.note.size))];
    return Math.ceil(Math.max(...texts, ...tiles.map(({ picture, factor }) => picture.width * factor)));
  });
  const { places: lefts, end: right } = placesOf(widths, MARGIN);
  const textRoom = Math.max(right - MARGIN, LEAST_TEXT_WIDTH);
  // Bold letters are wider by an eighth, at the most.
  const titleLines = wrappedText(title, textRoom / 1.12, fonts.title.size);
  const headingTop = MARGIN + titleLines.length * fonts.title.line + 8;
  const tableTop = headingTop + Math.max(...headings.map(({ length }) => length)) * fonts.heading.line + 4;
  const noteHeight = rows.flat().some(({ note }) => note !== undefined) ? fonts.note.line : 0;
  const heights = rows.map((row) => Math.max(...row.map(({ picture, factor }) => picture.height * factor)) + noteHeight);
  const { places: tops, end: bottom } = placesOf(heights, tableTop);
  const barTop = bottom + 12;
  const captionTop = colorBar === undefined ? bottom + 10 : barTop + BAR.height + 8;
  const captionLines = caption === undefined ? [] : wrappedText(caption, textRoom, fonts.caption.size);

  const texts = [...titleLines.map((line) => 1.12 * textWidth(line, fonts.title.size)), ...captionLines.map((line) => textWidth(line, fonts.caption.size))];
  if (colorBar !== undefined) texts.push(textWidth(colorBar.least + colorBar.most, fonts.note.size) + BAR.width + 12);
  const width = Math.ceil(Math.max(right, ...texts.map((text) => text + MARGIN)) + MARGIN);
  const height = Math.ceil((captionLines.length > 0 ? captionTop + captionLines.length * fonts.caption.line : captionTop) + MARGIN - 4);

  const tiles = rows.flatMap((row, y) =>
    row.map(async (tile, column) => {
      const middle = lefts[column]! + widths[column]! / 2;
      const left = Math.floor(middle - (tile.picture.width * tile.factor) / 2);
      const below = tops[y]! + tile.picture.height * tile.factor + fonts.note.size + 2;
      return (await image(tile, left, tops[y]!)) + (tile.note === undefined ? "" : words(tile.note, { x: middle, y: below, font: "note", anchor: "middle" }));
    }),
  );
  const headingWords = headings.flatMap((heading, column) =>
    heading.map((line, index) => words(line, { x: lefts[column]! + widths[column]! / 2, y: tableTop - 7 - (heading.length - 1 - index) * fonts.heading.line, font: "heading", anchor: "middle" })),
  );
  const content = [
    ...paragraph(titleLines, MARGIN, "title"),
    ...headingWords,
    ...(await Promise.all(tiles)),
    ...(colorBar === undefined ? [] : [colorBarAt(colorBar, barTop)]),
    ...paragraph(captionLines, captionTop, "caption"),
  ];
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT_FAMILY}">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...content,
    "</svg>",
  ];
  return { svg: `${svg.join("\n")}\n`, width, height };
}
