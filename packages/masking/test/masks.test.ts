import { readFileSync } from "node:fs";
import { ConfigError, createRandom, ShapeError } from "@ssl-vit/core";
import { decodeSafetensors } from "@ssl-vit/safetensors";
import { expectNoLeaks, sharedPath } from "@ssl-vit/testing";
import { tensor2d, zeros } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { disposeMask, maskFromNoise, type PatchMask, randomMask } from "../src/index.js";

const random = createRandom(11);
const rowsOf = (mask: PatchMask) => ({
  visible: mask.visibleIndices.arraySync(),
  masked: mask.maskedIndices.arraySync(),
  restore: mask.restoreIndices.arraySync(),
  mask: mask.mask.arraySync(),
});

describe("maskFromNoise", () => {
  it("keeps the patches with the lowest noise, in its order; equal noise in patch order", () => {
    const mask = rowsOf(maskFromNoise(tensor2d([[0.3, 0.1, 0.4, 0.1], [0, 0, 0, 0]]), 2));
    expect(mask.visible).toEqual([[1, 3], [0, 1]]);
    expect(mask.masked).toEqual([[0, 2], [2, 3]]);
    expect(mask.restore).toEqual([[2, 0, 3, 1], [0, 1, 2, 3]]);
    expect(mask.mask).toEqual([[1, 0, 1, 0], [0, 0, 1, 1]]);
  });

  it("takes noise from a tensor or from an array", () => {
    const values = random.derive("noise").uniforms(24);
    expect(rowsOf(maskFromNoise({ values, shape: [3, 8] }, 3))).toEqual(rowsOf(maskFromNoise(tensor2d(values, [3, 8]), 3)));
  });

  const path = sharedPath("golden/models/hf-vit-mae/io.safetensors");
  it.skipIf(path === undefined)("gives the mask and the restoring order of Hugging Face's ViTMAE", () => {
    const { noise, mask: expected, ids_restore: restore } = decodeSafetensors(readFileSync(path!)).tensors;
    const [batch, patches] = noise!.shape as [number, number];
    // The recorded model masks 75 %.
    const mask = maskFromNoise({ values: noise!.data as Float32Array, shape: [batch, patches] }, patches / 4);
    expect(mask.mask.dataSync()).toEqual(expected!.data);
    expect(mask.restoreIndices.dataSync()).toEqual(restore!.data);
  });

  it.each([0, 4, 5, -1, 1.5, NaN])("refuses to keep %d of 4 patches", (keep) => {
    expect(() => maskFromNoise(zeros([2, 4]), keep)).toThrow(ConfigError);
    expect(() => maskFromNoise(zeros([2, 4]), keep)).toThrow(`[@ssl-vit/masking] keep: expected a whole number from 1 to 3, received ${keep}.`);
  });

  it("refuses noise of another size than its shape", () => {
    expect(() => maskFromNoise({ values: new Float32Array(7), shape: [2, 4] }, 1)).toThrow(ShapeError);
  });
});

describe("randomMask", () => {
  const options = { batchSize: 5, patches: 17, maskRatio: 0.6 };

  it("has visible and masked patches that complement each other, and an order that restores them", () => {
    const { visible, masked, restore, mask } = rowsOf(randomMask(random, options));
    for (let image = 0; image < options.batchSize; image++) {
      const order = [...visible[image]!, ...masked[image]!];
      expect(visible[image]).toHaveLength(6); // ⌊17 · 0.4⌋
      expect(order.toSorted((a, b) => a - b)).toEqual([...Array(17).keys()]);
      expect(restore[image]!.map((position) => order[position])).toEqual([...Array(17).keys()]);
      expect(mask[image]).toEqual([...Array(17).keys()].map((patch) => (masked[image]!.includes(patch) ? 1 : 0)));
    }
  });

  it("rounds as MAE does: int(P · (1 − ratio)) patches stay visible", () => {
    const visible = (patches: number, maskRatio: number) => randomMask(random, { batchSize: 1, patches, maskRatio }).visibleIndices.shape[1];
    expect([visible(196, 0.75), visible(64, 0.75), visible(196, 0.6), visible(10, 0.75)]).toEqual([49, 16, 78, 2]);
  });

  it("masks every patch equally often, whatever happened to the patch beside it", () => {
    const [batchSize, patches] = [4000, 8];
    const mask = randomMask(random.derive("statistics"), { batchSize, patches, maskRatio: 0.75 }).mask.arraySync();
    const count = (matches: (row: number[]) => boolean) => mask.filter(matches).length;
    // 6 of 8 patches masked: P(one) = 3/4, P(both of a pair) = 6·5 / (8·7). Four standard deviations of a binomial count.
    const within = (observed: number, probability: number) => {
      expect(Math.abs(observed - batchSize * probability)).toBeLessThan(4 * Math.sqrt(batchSize * probability * (1 - probability)));
    };
    for (let patch = 0; patch < patches; patch++) {
      within(count((row) => row[patch] === 1), 3 / 4);
      within(count((row) => row[patch] === 1 && row[(patch + 1) % patches] === 1), 30 / 56);
    }
  });

  it("gives an image its mask by its index, wherever it stands and whatever is beside it", () => {
    const draw = (...indices: number[]) => rowsOf(randomMask(random, { ...options, batchSize: indices.length, indices: Int32Array.from(indices) })).visible;
    const [first, second, third] = draw(70, 3, 8);
    expect(draw(3, 70)).toEqual([second, first]);
    expect(draw(8)).toEqual([third]);
    expect(draw(0, 1, 2, 3, 4)).toEqual(rowsOf(randomMask(random, options)).visible);
    expect(() => randomMask(random, { ...options, indices: new Int32Array(4) })).toThrow("[@ssl-vit/masking] indices: expected one for each of 5 images, received 4.");
  });

  it("depends on its stream alone, and differs from image to image", () => {
    const draw = (name: string) => rowsOf(randomMask(random.derive(name), options));
    expect(draw("a")).toEqual(draw("a"));
    expect(draw("a")).not.toEqual(draw("b"));
    expect(draw("a").visible[0]).not.toEqual(draw("a").visible[1]);
  });

  it.each([0, 1, -0.5, 1.5, NaN])("refuses a ratio of %d", (maskRatio) => {
    expect(() => randomMask(random, { ...options, maskRatio })).toThrow(ConfigError);
  });

  it("refuses a ratio that leaves no patch visible", () => {
    expect(() => randomMask(random, { batchSize: 1, patches: 4, maskRatio: 0.9 })).toThrow(
      "[@ssl-vit/masking] maskRatio: expected a number in (0, 1) that leaves at least one of 4 patches visible and one masked, received 0.9.",
    );
  });

  it("leaves no tensor behind once its mask is disposed", async () => {
    await expectNoLeaks(() => { disposeMask(randomMask(random, options)); });
  });
});
