/** Fonts of all words, the first that a machine has: one of each system's own, one of Linux's, then any without serifs. */
export const FONT_FAMILY = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** What XML 1.0 cannot hold, escaped or not: control characters, halves of surrogate pairs, U+FFFE and U+FFFF. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const UNWRITABLE = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** A text that XML can hold, on one line: what it cannot becomes the replacement character. */
export const writableText = (text: string): string => text.replaceAll(/\s+/g, " ").replaceAll(UNWRITABLE, "\uFFFD");

/** A text as the content or an attribute of an SVG element. */
export const svgText = (text: string): string =>
  writableText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Width of a character by its font size, at the most: of DejaVu Sans, the widest of the fonts. */
function characterWidth(character: string): number {
  if (/[ijl.,:;|'!()[\] fIrt/]/.test(character)) return 0.41;
  if (/[mwMW%@]/.test(character)) return 0.99;
  if (/[A-Z]/.test(character)) return 0.78;
  return character.codePointAt(0)! < 0x2e80 ? 0.64 : 1;
}

/** Width of a line of text in pixels, at the most. */
export const textWidth = (text: string, fontSize: number): number => Array.from(text).reduce((sum, character) => sum + characterWidth(character), 0) * fontSize;

/** A text cut to so many characters, with an ellipsis. */
export function shortened(text: string, characters: number): string {
  const all = Array.from(writableText(text));
  return all.length <= characters ? all.join("") : `${all.slice(0, characters - 1).join("").trimEnd()}…`;
}

/** The lines of a text that is no wider than so many pixels; a longer word has a line of its own. */
export function wrappedText(text: string, width: number, fontSize: number): string[] {
  const lines: string[] = [];
  for (const word of writableText(text).split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)!} ${word}`;
    if (lines.length > 0 && textWidth(longer, fontSize) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** A line cut to so many pixels, with an ellipsis. */
function cutLine(line: string, width: number, fontSize: number): string {
  if (textWidth(line, fontSize) <= width) return line;
  let cut = Array.from(line);
  while (cut.length > 1 && textWidth(`${cut.join("")}…`, fontSize) > width) cut = cut.slice(0, -1);
  return `${cut.join("").trimEnd()}…`;
}

/** The lines of a text that take no more than so many pixels and so many lines: what does not fit is left out, with an ellipsis in its place. */
export function fittedText(text: string, width: number, fontSize: number, mostLines: number): string[] {
  const lines = wrappedText(text, width, fontSize);
  return lines.slice(0, mostLines).map((line, index) => cutLine(index === mostLines - 1 && lines.length > mostLines ? `${line}…` : line, width, fontSize));
}
