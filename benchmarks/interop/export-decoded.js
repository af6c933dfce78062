import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { createPatchDecoder, vit } from "@ssl-vit/vit";
import { loadMaskedAutoencoder, saveMaskedAutoencoder } from "@ssl-vit/weights";
import { tensor, tidy, transpose } from "@tensorflow/tfjs-core";
import { encoderKinds } from "./encoder-kinds.js";
import { shake } from "./export-encoder.js";

const IMAGES = 2;

/**
 * Writes a masked autoencoder as transformers has it, and golden.safetensors: images [B, C, Y, X], noise [B, P], and its prediction and loss.
 *
 * @param {string} folder
 */
export async function exportDecoded(folder) {
  mkdirSync(folder, { recursive: true });
  const encoder = vit({ ...encoderKinds["plain"], positionEmbedding: "sincos2d" })("student");
  const { embedDim, gridSize, patchSize, channels, imageSize } = encoder.layout;
  const decoder = createPatchDecoder(createRandom(10), { inputDim: embedDim, dim: 32, depth: 2, numHeads: 4, mlpRatio: 4, gridSize, prefixTokens: 1, outputDim: patchSize ** 2 * channels });
  for (const part of [encoder, decoder]) shake(part);
  await saveMaskedAutoencoder({ encoder, ...decoder, decoderHeads: 4, maskRatio: 0.75, normalizeTarget: true }, join(folder, "hf"));
  for (const variable of [encoder, decoder].flatMap(({ parameters, buffers }) => Object.values({ ...parameters, ...buffers }))) variable.dispose();

  const model = await loadMaskedAutoencoder(join(folder, "hf"));
  /** @type {[number, number, number, number]} */
  const shape = [IMAGES, channels, ...imageSize];
  const pixels = Float32Array.from(createRandom(12).normals(shape.reduce((product, length) => product * length)));
  const noise = { values: createRandom(13).uniforms(IMAGES * gridSize[0] * gridSize[1]), shape: /** @type {const} */ ([IMAGES, gridSize[0] * gridSize[1]]) };
  const golden = tidy(() => {
    const images = transpose(/** @type {import("@tensorflow/tfjs-core").Tensor4D} */ (tensor(pixels, shape)), [0, 2, 3, 1]);
    const { prediction, loss } = model.forward(images, { noise });
    return Object.fromEntries(Object.entries({ prediction, loss }).map(([name, value]) => [name, { dtype: /** @type {const} */ ("F32"), shape: value.shape, data: /** @type {Float32Array} */ (value.dataSync()) }]));
  });
  for (const variable of Object.values({ ...model.parameters, ...model.buffers })) variable.dispose();
  writeFileSync(join(folder, "golden.safetensors"), encodeSafetensors({ images: { dtype: "F32", shape, data: pixels }, noise: { dtype: "F32", shape: [...noise.shape], data: noise.values }, ...golden }));
}
