import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { decodeSafetensors, encodeSafetensors } from "@ssl-vit/safetensors";
import { tensor, tidy, transpose } from "@tensorflow/tfjs-core";

/** @typedef {import("@tensorflow/tfjs-core").Tensor} Tensor */

/** Images that every library is given. */
export const IMAGES = 2;

/**
 * Writes golden.safetensors: images [B, C, Y, X], whatever is given besides, and what a model makes of them.
 *
 * @param {string} folder
 * @param {Pick<import("@ssl-vit/core").EncoderLayout, "channels" | "imageSize">} layout
 * @param {(images: import("@tensorflow/tfjs-core").Tensor4D) => Record<string, Tensor>} compute of images [B, Y, X, C]
 * @param {Parameters<typeof encodeSafetensors>[0]} [given]
 */
export function writeGolden(folder, { channels, imageSize }, compute, given = {}) {
  /** @type {[number, number, number, number]} */
  const shape = [IMAGES, channels, ...imageSize];
  const pixels = Float32Array.from(createRandom(12).normals(shape.reduce((product, length) => product * length)));
  const computed = tidy(() => {
    const images = transpose(/** @type {import("@tensorflow/tfjs-core").Tensor4D} */ (tensor(pixels, shape)), [0, 2, 3, 1]);
    return Object.fromEntries(Object.entries(compute(images)).map(([name, value]) => [name, { dtype: /** @type {const} */ ("F32"), shape: value.shape, data: /** @type {Float32Array} */ (value.dataSync()) }]));
  });
  writeFileSync(join(folder, "golden.safetensors"), encodeSafetensors({ images: { dtype: "F32", shape, data: pixels }, ...given, ...computed }));
}

/**
 * What golden.safetensors of an encoder holds.
 *
 * @param {string} folder
 */
export function readGolden(folder) {
  const { tensors } = decodeSafetensors(readFileSync(join(folder, "golden.safetensors")));
  const of = (/** @type {string} */ name) => /** @type {{ shape: readonly number[], data: Float32Array }} */ (tensors[name]);
  return { images: of("images"), tokens: of("tokens"), pooled: of("pooled") };
}
