/** What the first bytes of image files are, as Latin-1 text from a place on. */
const signatures: readonly (readonly [extension: string, at: number, text: string])[] = [
  ["jpg", 0, "\xff\xd8\xff"],
  ["png", 0, "\x89PNG"],
  ["webp", 8, "WEBP"],
  ["gif", 0, "GIF8"],
  ["tif", 0, "II*\0"],
  ["tif", 0, "MM\0*"],
  // BigTIFF
  ["tif", 0, "II+\0"],
  ["tif", 0, "MM\0+"],
];

/** Bytes that are looked at: enough for the brands of an AVIF file. */
const LOOKED_AT = 256;

/** True for the first box of an AVIF file: its main brand may be that of all such containers (`mif1`), with AVIF among the others (ISO/IEC 14496-12, 4.3). */
function isAvif(start: string): boolean {
  const length = Buffer.from(start.slice(0, 4), "latin1").readUInt32BE();
  const [main = "", , ...others] = start.slice(8, length).match(/.{4}/gs) ?? [];
  return [main, ...others].some((brand) => brand === "avif" || brand === "avis");
}

/**
 * The ending that a file with such bytes should have, without the dot.
 *
 * @throws Error for bytes that begin as no image does
 */
export function encodedExtension(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LOOKED_AT)).toString("latin1");
  const found = signatures.find(([, at, text]) => start.startsWith(text, at));
  if (found !== undefined) return found[0];
  if (start.startsWith("ftyp", 4) && isAvif(start)) return "avif";
  throw new Error(bytes.length === 0 ? "the file is empty" : "the file is no JPEG, PNG, WebP, GIF, AVIF or TIFF");
}
