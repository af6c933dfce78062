import { expectNoLeaks, nativeWhereBuilt, testBackends } from "@ssl-vit/testing";
import { concat, dispose, getBackend, memory, type Rank, setBackend, type Tensor, tensor, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { loadEncoder } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
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
