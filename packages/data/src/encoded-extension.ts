/** What the first bytes of image files are, as Latin-1 text from a place on. */
const signatures: readonly (readonly [extension: string, at: number, text: string])[] = [
  ["jpg", 0, "\xff\xd8\xff"],
  ["png", 0, "\x89PNG"],
  ["webp", 8, "WEBP"],
  ["gif", 0, "GIF8"],
  ["avif", 4, "ftypavif"],
  ["avif", 4, "ftypavis"],
  ["tif", 0, "II*\0"],
  ["tif", 0, "MM\0*"],
];

/**
 * The ending that a file with such bytes should have, without the dot.
 *
 * @throws Error for bytes that begin as no image does
 */
export function encodedExtension(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString("latin1");
  const found = signatures.find(([, at, text]) => start.startsWith(text, at));
  if (found !== undefined) return found[0];
  throw new Error(bytes.length === 0 ? "the file is empty" : "the file is no JPEG, PNG, WebP, GIF, AVIF or TIFF");
}
