import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "@ssl-vit/core";
import { createPatchDecoder, vit } from "@ssl-vit/vit";
import { loadMaskedAutoencoder, saveMaskedAutoencoder } from "@ssl-vit/weights";
import { encoderKinds } from "./encoder-kinds.js";
import { shake } from "./export-encoder.js";
import { IMAGES, writeGolden } from "./golden-file.js";

/**
 * Writes a masked autoencoder as transformers has it, and golden.safetensors: images [B, C, Y, X], noise [B, P], and its prediction and loss.
 *
 * @param {string} folder
 */
export async function exportDecoded(folder) {
  mkdirSync(folder, { recursive: true });
  const encoder = vit({ ...encoderKinds["plain"], positionEmbedding: "sincos2d" })("student");
  const { embedDim, gridSize, patchSize, channels } = encoder.layout;
  const decoder = createPatchDecoder(createRandom(10), { inputDim: embedDim, dim: 32, depth: 2, numHeads: 4, mlpRatio: 4, gridSize, prefixTokens: 1, outputDim: patchSize ** 2 * channels });
  for (const part of [encoder, decoder]) shake(part);
  await saveMaskedAutoencoder({ encoder, ...decoder, decoderHeads: 4, maskRatio: 0.75, normalizeTarget: true }, join(folder, "hf"));
  for (const variable of [encoder, decoder].flatMap(({ parameters, buffers }) => Object.values({ ...parameters, ...buffers }))) variable.dispose();

  const model = await loadMaskedAutoencoder(join(folder, "hf"));
  const shape = /** @type {const} */ ([IMAGES, gridSize[0] * gridSize[1]]);
  const noise = { values: createRandom(13).uniforms(shape[0] * shape[1]), shape };
  const compute = (/** @type {import("@tensorflow/tfjs-core").Tensor4D} */ images) => {
    const { prediction, loss } = model.forward(images, { noise });
    return { prediction, loss };
  };
  writeGolden(folder, encoder.layout, compute, { noise: { dtype: "F32", shape: [...shape], data: noise.values } });
  for (const variable of Object.values({ ...model.parameters, ...model.buffers })) variable.dispose();
}
