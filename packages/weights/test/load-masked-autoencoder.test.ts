import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, createRandom } from "@ssl-vit/core";
import { encodeSafetensors, type SafeTensor } from "@ssl-vit/safetensors";
import { expectNoLeaks, nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { createPatchDecoder, vit } from "@ssl-vit/vit";
import { concat, dispose, getBackend, memory, type Rank, setBackend, type Tensor, tensor, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadEncoder } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
import { saveMaskedAutoencoder } from "../src/save-masked-autoencoder.js";
import { disposeVariables, goldenFolder, goldenTensor, largestOf, tensorsOf } from "./golden.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const before = getBackend();
afterAll(() => setBackend(before));

describe.each(["hf-vit-mae", "hf-vit-mae-normpix"])("%s", (name) => {
  const folder = goldenFolder(name);

  // Received: prediction within 3e-7 of the largest, the very loss, gradients within 8e-7 of the tensor's largest.
  test.skipIf(folder === undefined).each(testBackends("cpu", ...native))("has the prediction, mask, loss and gradients of ViTMAEForPreTraining, on %s", async (backend) => {
    await setBackend(backend);
    const io = tensorsOf(`${folder!}/io.safetensors`);
    const model = await loadMaskedAutoencoder(folder!);
    expect(model.maskRatio).toBe(0.75);
    expect(model.normalizeTarget).toBe(name === "hf-vit-mae-normpix");
    const images = goldenTensor<Rank.R4>(io, "images");
    const noise = goldenTensor<Rank.R2>(io, "noise");
    const { prediction, mask, loss } = model.forward(images, { noise });
    const expected = io["prediction"]!.data as Float32Array;
    expect(prediction.shape).toEqual(io["prediction"]!.shape);
    expect(prediction).toBeAllClose(expected, { absolute: 1e-5 * largestOf(expected), relative: 0 });
    expect(mask).toBeAllClose(io["mask"]!.data as Float32Array, { absolute: 0, relative: 0 });
    expect(loss).toBeAllClose(io["loss"]!.data as Float32Array, { absolute: 0, relative: 1e-5 });

    const { value, grads } = variableGrads(() => model.forward(images, { noise }).loss, Object.values(model.parameters));
    const compared = new Set<string>();
    for (const [parameter, variable] of Object.entries(model.parameters)) {
      const sources = model.sourceNames(parameter).map((source) => `grad.${source}`);
      expect(sources, parameter).not.toEqual([]);
      const parts: Tensor[] = sources.map((source) => goldenTensor(io, source));
      const gradient = concat(parts, 0);
      const values = gradient.dataSync();
      expect(grads[variable.name]!, parameter).toBeAllClose(values, { absolute: 1e-5 * largestOf(values), relative: 0 });
      for (const source of sources) compared.add(source);
      dispose([gradient, ...parts]);
    }
    expect([...compared].sort()).toEqual(Object.keys(io).filter((key) => key.startsWith("grad.")).sort());
    dispose([images, noise, prediction, mask, loss, value, grads]);
    disposeVariables(model);
  });

  test.skipIf(folder === undefined)("is an encoder too, without its decoder", async () => {
    await setBackend("cpu");
    const model = await loadMaskedAutoencoder(folder!);
    const encoder = await loadEncoder(folder!);
    const images = goldenTensor<Rank.R4>(tensorsOf(`${folder!}/io.safetensors`), "images");
    expect(Object.keys(encoder.parameters)).not.toContain("mask_token");
    expect(Object.keys(encoder.buffers)).toEqual(["pos_embed"]);
    expect(encoder.encode(images)).toBeAllClose(model.encoder.encode(images), { absolute: 0 });
  });
});

const folder = goldenFolder("hf-vit-mae");

test.skipIf(folder === undefined)("leaves nothing behind but its variables", async () => {
  await setBackend("cpu");
  await expectNoLeaks(async () => {
    const model = await loadMaskedAutoencoder(folder!);
    const images = tensor<Rank.R4>(new Float32Array(2 * 32 * 32 * 3).map((_, index) => Math.sin(index)), [2, 32, 32, 3]);
    const noise = { values: new Float32Array(32).map((_, index) => Math.cos(index)), shape: [2, 16] as const };
    dispose(Object.values(model.forward(images, { noise })));
    dispose(variableGrads(() => model.forward(images, { noise }).loss, Object.values(model.parameters)));
    images.dispose();
    disposeVariables(model);
  });
});

test.skipIf(folder === undefined)("refuses images of another size and noise for another number of patches", async () => {
  const model = await loadMaskedAutoencoder(folder!);
  const image = (side: number) => tensor<Rank.R4>(new Float32Array(side * side * 3), [1, side, side, 3]);
  const noise = (patches: number) => ({ values: new Float32Array(patches), shape: [1, patches] as const });
  expect(() => model.forward(image(48), { noise: noise(16) })).toThrow("images: expected shape [-1, 32, 32, 3], received [1, 48, 48, 3]");
  expect(() => model.forward(image(32), { noise: noise(9) })).toThrow("noise: expected shape [1, 16], received [1, 9]");
});

test.skipIf(folder === undefined)("refuses heads and mask ratios that cannot be, and leaves nothing behind", async () => {
  const before = memory().numTensors;
  await expect(loadMaskedAutoencoder(folder!, { decoderHeads: 5 })).rejects.toThrow("decoder_num_attention_heads: expected a divisor of the decoder's width 24, received 5. Say it: loadMaskedAutoencoder(folder, { decoderHeads }).");
  await expect(loadMaskedAutoencoder(folder!, { maskRatio: 0.99 })).rejects.toThrow(/maskRatio/);
  expect(memory().numTensors).toBe(before);
});

test.skipIf(goldenFolder("hf-vit") === undefined)("refuses weights without a decoder", async () => {
  await expect(loadMaskedAutoencoder(goldenFolder("hf-vit")!)).rejects.toThrow(/hf-vit: expected a decoder \(decoder_embed.weight\), received an encoder alone\. Load it by loadEncoder/);
});

describe("a damaged decoder", () => {
  const place = mkdtempSync(join(tmpdir(), "ssl-vit-decoder-"));
  afterAll(() => { rmSync(place, { recursive: true }); });
  const sound = join(place, "sound");
  const zeros = (...shape: readonly number[]): SafeTensor => ({ dtype: "F32", shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });

  beforeAll(async () => {
    await setBackend("cpu");
    const encoder = vit({ imageSize: 16, patchSize: 8, embedDim: 16, depth: 1, numHeads: 2, mlpRatio: 2 })("student");
    const decoder = createPatchDecoder(createRandom(2), { inputDim: 16, dim: 8, depth: 1, numHeads: 2, mlpRatio: 3, gridSize: [2, 2], prefixTokens: 1, outputDim: 192 });
    await saveMaskedAutoencoder({ encoder, ...decoder, decoderHeads: 2, maskRatio: 0.5, normalizeTarget: false }, sound);
    [encoder, decoder].forEach(disposeVariables);
  });

  /** The sound folder with another tensor, whose configuration does not contradict it. */
  function damaged(name: string, tensor_: SafeTensor): string {
    const path = mkdtempSync(join(place, "damaged-"));
    const config = JSON.parse(readFileSync(join(sound, "config.json"), "utf8")) as Record<string, unknown>;
    writeFileSync(join(path, "config.json"), JSON.stringify({ ...config, decoder_hidden_size: undefined, decoder_intermediate_size: undefined }));
    writeFileSync(join(path, "model.safetensors"), encodeSafetensors({ ...tensorsOf(join(sound, "model.safetensors")), [name]: tensor_ }));
    return path;
  }

  const embed = "decoder.decoder_embed.weight";
  const hidden = "decoder.decoder_layers.0.intermediate.dense.weight";
  test.each<[string, SafeTensor, string]>([
    [embed, zeros(), `tensor ${embed}: expected shape [a multiple of 4, the encoder's width], received [].`],
    [embed, zeros(0, 16), `tensor ${embed}: expected shape [a multiple of 4, the encoder's width], received [0, 16].`],
    [embed, zeros(18, 16), `tensor ${embed}: expected shape [a multiple of 4, the encoder's width], received [18, 16].`],
    [embed, zeros(16 * 2 ** 28, 0), "the encoder's width], received [4294967296, 0]."],
    // A small file, but a network of 2^40 weights.
    [embed, zeros(2 ** 20, 1), ": tensor mask_token: expected shape [1, 1, 1048576], received [1, 1, 8]."],
    [hidden, zeros(), `tensor ${hidden}: expected shape [hidden, 8], received [].`],
    [hidden, zeros(0, 8), `tensor ${hidden}: expected shape [hidden, 8], received [0, 8].`],
    [hidden, zeros(2 ** 20, 1), `tensor ${hidden}: expected shape [1048576, 8], received [1048576, 1].`],
  ])("%s is refused by name, and nothing stays behind: %#", async (name, value, message) => {
    const path = damaged(name, value);
    await expectNoLeaks(async () => {
      const refused = loadMaskedAutoencoder(path);
      await expect(refused).rejects.toThrow(message.replace(": tensor mask_token", ": tensor decoder.mask_token"));
      await expect(refused).rejects.toThrow(path);
      await expect(refused).rejects.toThrow(ConfigError);
    });
  });

  test.each([-2, 0.5, 1.6, 0, NaN, 3])("and so are %d heads", async (decoderHeads) => {
    await expectNoLeaks(async () => {
      await expect(loadMaskedAutoencoder(sound, { decoderHeads })).rejects.toThrow(`expected a divisor of the decoder's width 8, received ${decoderHeads}.`);
    });
  });
});
