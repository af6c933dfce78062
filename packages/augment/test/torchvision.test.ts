import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adjustBrightness, adjustContrast, adjustSaturation } from "../src/adjust-color.js";
import { adjustHue } from "../src/adjust-hue.js";
import { gaussianBlur } from "../src/gaussian-blur.js";
import { grayscale } from "../src/grayscale.js";
import { horizontalFlip } from "../src/horizontal-flip.js";
import { normalizeInto, type RawImage } from "../src/index.js";
import { paintRegion } from "../src/random-erasing.js";
import { type Interpolation, resample } from "../src/resample.js";
import { solarize } from "../src/solarize.js";

interface Encoded extends Omit<RawImage, "data"> {
  readonly data: string;
}

type Options = Readonly<Record<"left" | "top" | "cutWidth" | "cutHeight" | "width" | "height" | "factor" | "shift" | "threshold" | "sigma" | "value", number>> & {
  readonly interpolation: string;
};

interface Golden {
  readonly images: Readonly<Record<string, Encoded>>;
  readonly cases: readonly { readonly operation: string; readonly image: string; readonly options: Options; readonly output: Encoded }[];
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly normalized: Readonly<Record<string, string>>;
}

const golden = JSON.parse(readFileSync(new URL("golden/torchvision.json", import.meta.url), "utf8")) as Golden;
const decode = (encoded: Encoded): RawImage => ({ ...encoded, data: Uint8Array.from(Buffer.from(encoded.data, "base64")) });

interface Comparison {
  readonly apply: (image: RawImage, options: Options) => RawImage;
  /** Largest difference of a value, of 255. */
  readonly largest: number;
  /** Share of the values that are equal, at least. */
  readonly equal: number;
}

/** torchvision blurs in float32 and rounds once; here bytes lie between the rows and the columns. All else is Pillow's arithmetic. */
const operations: Readonly<Record<string, Comparison>> = {
  resizedCrop: {
    apply: (image, { left, top, cutWidth, cutHeight, width, height, interpolation }) =>
      resample(image, { left, top, width: cutWidth, height: cutHeight }, { width, height }, interpolation as Interpolation),
    largest: 0,
    equal: 1,
  },
  horizontalFlip: { apply: horizontalFlip, largest: 0, equal: 1 },
  brightness: { apply: (image, { factor }) => adjustBrightness(image, factor), largest: 0, equal: 1 },
  contrast: { apply: (image, { factor }) => adjustContrast(image, factor), largest: 0, equal: 1 },
  saturation: { apply: (image, { factor }) => adjustSaturation(image, factor), largest: 0, equal: 1 },
  hue: { apply: (image, { shift }) => adjustHue(image, shift), largest: 0, equal: 1 },
  grayscale: { apply: grayscale, largest: 0, equal: 1 },
  gaussianBlur: { apply: (image, { sigma }) => gaussianBlur(image, sigma), largest: 1, equal: 0.75 },
  solarize: { apply: (image, { threshold }) => solarize(image, threshold), largest: 0, equal: 1 },
  erase: { apply: (image, { left, top, width, height, value }) => paintRegion(image, { left, top, width, height }, () => value), largest: 0, equal: 1 },
};

describe("torchvision's functional operations on PIL images of real pictures", () => {
  it("are all in the file", () => {
    expect([...new Set(golden.cases.map(({ operation }) => operation))].sort()).toEqual(Object.keys(operations).sort());
  });

  it.each(Object.entries(operations))("%s: equal, or within 1 of 255", (operation, { apply, largest, equal }) => {
    const differences = golden.cases
      .filter((one) => one.operation === operation)
      .map(({ image, options, output }) => {
        const result = apply(decode(golden.images[image]!), options);
        expect({ ...result, data: [] }).toEqual({ ...decode(output), data: [] });
        const expected = decode(output).data;
        return Array.from(result.data, (value, index) => Math.abs(value - expected[index]!));
      });
    expect(differences.length).toBeGreaterThanOrEqual(2);
    for (const difference of differences) {
      expect(Math.max(...difference)).toBeLessThanOrEqual(largest);
      expect(difference.filter((value) => value === 0).length / difference.length).toBeGreaterThanOrEqual(equal);
    }
  });

  it.each(Object.keys(golden.normalized))("ToTensor and Normalize of %s: the same float32 values", (name) => {
    const image = decode(golden.images[name]!);
    const out = new Float32Array(image.data.length);
    normalizeInto(image, golden.normalize, out, 0);
    const bytes = Buffer.from(golden.normalized[name]!, "base64");
    const expected = Float32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
    expect(expected.length).toBe(4 * image.width * 3);
    expect(out.subarray(0, expected.length)).toEqual(expected);
  });
});
