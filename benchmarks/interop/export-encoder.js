import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, createRandom } from "@ssl-vit/core";
import { saveEncoder } from "@ssl-vit/weights";
import { add, mean, mul, slice, squeeze, tensor, tidy } from "@tensorflow/tfjs-core";
import { writeGolden } from "./golden-file.js";

/** @typedef {import("@ssl-vit/core").Encoder} Encoder */

/** Forms that other libraries read. */
const forms = /** @type {const} */ (["hf", "timm", "onnx"]);

/**
 * Adds to every weight, so that biases and factors that start alike are told apart.
 *
 * @param {Pick<Encoder, "parameters">} network
 */
export function shake({ parameters }) {
  const random = createRandom(11);
  for (const [name, variable] of Object.entries(parameters)) {
    variable.assign(tidy(() => add(variable, mul(tensor(random.derive(name).normals(variable.size), variable.shape), 0.05))));
  }
}

/**
 * Writes an encoder in every form, and golden.safetensors: images [B, C, Y, X], its tokens, and its pooled feature.
 *
 * @param {Encoder} encoder
 * @param {string} folder
 * @returns {Promise<Record<string, string>>} why a form was refused, by form
 */
export async function exportEncoder(encoder, folder) {
  mkdirSync(folder, { recursive: true });
  /** @type {Record<string, string>} */
  const refused = {};
  for (const format of forms) {
    try {
      await saveEncoder(encoder, join(folder, format), { format, overwrite: true });
    } catch (error) {
      if (!ConfigError.isInstance(error)) throw error;
      refused[format] = error.message;
    }
  }
  const { hasClsToken, registerTokens } = encoder.layout;
  writeGolden(folder, encoder.layout, (images) => {
    const tokens = encoder.encode(images);
    return { tokens, pooled: hasClsToken ? squeeze(slice(tokens, [0, 0, 0], [-1, 1, -1]), [1]) : mean(slice(tokens, [0, registerTokens, 0]), 1) };
  });
  return refused;
}
