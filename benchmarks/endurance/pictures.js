import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import sharp from "sharp";

const SIDE = 40;

/** A byte that depends on the words alone. @param {(string | number)[]} words */
const byteOf = (...words) => /** @type {number} */ (createHash("sha256").update(words.join(" ")).digest()[0]);

/**
 * Draws pictures of soft coloured spots, the same every time.
 *
 * @param {string} folder
 * @param {number} count
 */
export async function drawPictures(folder, count) {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) {
    const [background, spot] = ["background", "spot"].map((what) => `rgb(${["red", "green", "blue"].map((color) => byteOf(index, what, color)).join()})`);
    const [x, y, radius] = ["x", "y", "radius"].map((what) => 6 + (byteOf(index, what) * 24) / 255);
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="100%" height="100%" fill="${background}"/><circle cx="${x}" cy="${y}" r="${radius}" fill="${spot}"/></svg>`;
    await sharp(Buffer.from(svg)).removeAlpha().png().toFile(join(folder, `${String(index).padStart(4, "0")}.png`));
  }
}
