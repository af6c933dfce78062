import { type CorruptionName, corruptionNames, createRandom } from "@ssl-vit/core";
import { describe, expect, it } from "vitest";
import { corruptImage } from "../src/corrupt-image.js";
import { corruptionStrengths } from "../src/corruption-strengths.js";
import { evaluationViews, type RawImage, renderView } from "../src/index.js";
import { cleanImage, corruptedImages, noise, sequence, strengths } from "./golden-corruptions.js";

const noises: readonly CorruptionName[] = ["gaussian-noise", "shot-noise", "impulse-noise", "speckle-noise"];
const scales = ["imagenet", "cifar"] as const;
const random = createRandom(3);

const differencesOf = (one: RawImage, other: RawImage): number[] => Array.from(one.data, (value, index) => Math.abs(value - other.data[index]!));

/** Levels' sample mean and deviation. */
function momentsOf({ data }: RawImage): { mean: number; deviation: number } {
  const values = Array.from(data);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

describe("the strengths", () => {
  it.each(scales)("are those of the reference: %s", (scale) => {
    expect(Object.keys(strengths[scale]).sort()).toEqual([...corruptionNames].sort());
    for (const name of corruptionNames) {
      corruptionStrengths[scale][name].forEach((numbers, place) => {
        expect(numbers, name).toHaveLength(strengths[scale][name][place]!.length);
        numbers.forEach((number, index) => { expect(number, name).toBeCloseTo(strengths[scale][name][place]![index]!, 9); });
      });
    }
  });
});

describe("with given draws, the reference's levels", () => {
  it("covers every corruption besides the noises", () => {
    expect([...new Set(corruptedImages.map(({ name }) => name)), ...noises].sort()).toEqual([...corruptionNames].sort());
  });

  // Levels are cut downwards: where a formula gives a whole number, float64's last bit decides. One level more would be another formula.
  it.each(corruptedImages.map((golden) => [golden.title, golden] as const))("within 1, and mostly equal: %s", (_, golden) => {
    const before = golden.image.data.slice();
    const result = corruptImage(golden.image, golden, sequence());
    expect({ ...result, data: [] }).toEqual({ ...golden.output, data: [] });
    expect(golden.image.data, "the input").toEqual(before);
    const differences = differencesOf(result, golden.output);
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    expect(differences.filter((difference) => difference === 0).length / differences.length).toBeGreaterThan(0.95);
  });
});

describe("the noises", () => {
  // 5 standard errors with 49,152 values: deviation ÷ √n of the mean, and of the deviation √((kurtosis - 1) ÷ 4n) of itself. 1 % in most cases.
  it.each(noise.map((golden) => [`${golden.name} ${golden.severity} of ${golden.scale}, level ${golden.value}`, golden] as const))("have the exact moments: %s", (_, golden) => {
    const even = { width: 128, height: 128, channels: 3, data: new Uint8Array(128 * 128 * 3).fill(golden.value) };
    const { mean, deviation } = momentsOf(corruptImage(even, golden, random));
    expect(Math.abs(mean - golden.mean)).toBeLessThan((5 * golden.deviation) / Math.sqrt(even.data.length));
    expect(Math.abs(deviation / golden.deviation - 1)).toBeLessThan(5 * Math.sqrt((golden.kurtosis - 1) / (4 * even.data.length)));
  });

  it.each(noises)("are others in every channel and pixel: %s", (name) => {
    const even = { width: 128, height: 128, channels: 3, data: new Uint8Array(128 * 128 * 3).fill(128) };
    const { data } = corruptImage(even, { name, severity: 5, scale: "cifar" }, random);
    const { mean, deviation } = momentsOf({ ...even, data });
    for (const lag of [1, 2, 3, 128 * 3]) {
      let product = 0;
      for (let index = lag; index < data.length; index++) product += (data[index]! - mean) * (data[index - lag]! - mean);
      // Without correlation it has deviation 1 / √49,152 = 0.0045.
      expect(Math.abs(product / data.length / deviation ** 2), `lag ${lag}`).toBeLessThan(0.02);
    }
  });

  it("shot and speckle noise leave black as it is", () => {
    const black = { width: 8, height: 8, channels: 3, data: new Uint8Array(192) };
    for (const name of ["shot-noise", "speckle-noise"] as const) expect(corruptImage(black, { name, severity: 5, scale: "imagenet" }, random)).toEqual(black);
  });
});

describe("every corruption", () => {
  it.each(corruptionNames)("draws from the view's stream alone: %s", (name) => {
    const { groups } = evaluationViews({ imageSize: 32, corruption: { name, severity: 4 } });
    const viewOf = (seed: number, view: number): RawImage => renderView(cleanImage("rgb"), groups[0]!, createRandom(seed).derive("view", view));
    expect(viewOf(0, 0)).toEqual(viewOf(0, 0));
    const isRandom = [...noises, "glass-blur", "motion-blur", "fog", "elastic-transform"].includes(name);
    for (const other of [viewOf(1, 0), viewOf(0, 1)]) expect(Math.max(...differencesOf(viewOf(0, 0), other)) > 0).toBe(isRandom);
  });

  it.each(corruptionNames)("does to 16-bit words what it does to bytes: %s", (name) => {
    const bytes = cleanImage("rgb");
    const words = { ...bytes, data: Uint16Array.from(bytes.data, (value) => value * 257) };
    for (const scale of scales) {
      const result = corruptImage(words, { name, severity: 3, scale }, random);
      expect(result.data).toBeInstanceOf(Uint16Array);
      const expected = corruptImage(bytes, { name, severity: 3, scale }, random);
      // Bytes are cut downwards, by less than one.
      for (const difference of Array.from(result.data, (value, index) => value / 257 - expected.data[index]!)) expect(Math.abs(difference)).toBeLessThanOrEqual(1.01);
    }
  });

  it.each(corruptionNames.filter((name) => !noises.includes(name) && !["saturate", "brightness", "fog"].includes(name)))("does to each of five channels what it does to a grey image: %s", (name) => {
    const gray = cleanImage("gray");
    const five = { ...gray, channels: 5, data: Uint8Array.from({ length: 32 * 32 * 5 }, (_, index) => (index % 5 === 2 ? gray.data[Math.floor(index / 5)]! : index % 251)) };
    const operation = { name, severity: 5, scale: "cifar" } as const;
    const result = corruptImage(five, operation, random);
    expect(result.channels).toBe(5);
    expect(result.data.filter((_, index) => index % 5 === 2)).toEqual(corruptImage(gray, operation, random).data);
  });

  it.each(corruptionNames)("takes images of any size: %s", (name) => {
    for (const [width, height] of [[1, 1], [2, 5], [40, 7]] as const) {
      const image = { width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, () => 200) };
      for (const scale of scales) {
        const result = corruptImage(image, { name, severity: 5, scale }, random);
        expect({ ...result, data: result.data.length }).toEqual({ ...image, data: image.data.length });
      }
    }
  });

  it.each(["defocus-blur", "glass-blur", "motion-blur", "zoom-blur", "elastic-transform", "pixelate", "gaussian-blur", "contrast"] as const)("leaves an even image as it is, within the cut: %s", (name) => {
    const even = { width: 48, height: 48, channels: 3, data: new Uint8Array(48 * 48 * 3).fill(200) };
    for (const scale of scales) expect(Math.max(...differencesOf(corruptImage(even, { name, severity: 5, scale }, random), even))).toBeLessThanOrEqual(2);
  });
});

describe("saturate", () => {
  it("refuses images that are not RGB", () => {
    const { groups } = evaluationViews({ imageSize: 32, corruption: { name: "saturate", severity: 1 } });
    expect(() => renderView(cleanImage("gray"), groups[0]!, random)).toThrow(/corruption saturate: expected RGB images, received images of 1 channels/);
  });
});

describe("evaluationViews", () => {
  it("corrupts behind the crop, by the strengths of the set that is nearer in size unless told", () => {
    const operationsOf = (imageSize: number, scale?: "imagenet" | "cifar") =>
      evaluationViews({ imageSize, corruption: { name: "fog", severity: 2, ...(scale === undefined ? {} : { scale }) } }).groups[0]!.operations;
    expect(operationsOf(64)).toEqual([
      { kind: "centerCrop", cropRatio: 1 },
      { kind: "corruption", name: "fog", severity: 2, scale: "cifar" },
    ]);
    expect(operationsOf(96)[1]).toMatchObject({ scale: "imagenet" });
    expect(operationsOf(32, "imagenet")[1]).toMatchObject({ scale: "imagenet" });
  });
});
