import { readFileSync } from "node:fs";
import type { CorruptionName, CorruptionScale, CorruptionSeverity, Random } from "@ssl-vit/core";
import type { RawImage } from "../src/index.js";
import { decodeBytes, type EncodedImage } from "./golden-images.js";

/** Which corruption. */
interface CorruptionCase {
  readonly name: CorruptionName;
  readonly severity: CorruptionSeverity;
  readonly scale: CorruptionScale;
}

interface GoldenFile {
  readonly strengths: Readonly<Record<CorruptionScale, Readonly<Record<CorruptionName, readonly (readonly number[])[]>>>>;
  readonly images: Readonly<Record<string, EncodedImage>>;
  readonly cases: readonly (CorruptionCase & { readonly image: string; readonly output: EncodedImage })[];
  readonly noise: readonly (CorruptionCase & { readonly value: number; readonly mean: number; readonly deviation: number; readonly kurtosis: number })[];
}

const golden = JSON.parse(readFileSync(new URL("golden/corruptions.json", import.meta.url), "utf8")) as GoldenFile;

/** All constants, and the levels' moments that noises make of an even image. */
export const { strengths, noise } = golden;

/** Images and what each corruption makes of them with the draws of {@link sequence}. */
export const corruptedImages = golden.cases.map(({ image, output, ...corruption }) => ({
  ...corruption,
  title: `${corruption.name} ${corruption.severity} of ${corruption.scale}, ${image}`,
  image: decodeBytes(golden.images[image]!),
  output: decodeBytes(output),
}));

/** One of the recorded input images, 32 × 32. */
export const cleanImage = (name: "rgb" | "gray"): RawImage => decodeBytes(golden.images[name]!);

/** In the place of random numbers: fractional parts of multiples of the golden ratio, going on from call to call. */
export function sequence(): Random {
  let used = 0;
  const uniforms = (count: number): Float32Array => Float32Array.from({ length: count }, () => (used++ * 0.6180339887498949) % 1);
  const random: Random = {
    derive: () => random,
    uniform: () => uniforms(1)[0]!,
    uniforms,
    normals: () => {
      throw new Error("no golden image has them");
    },
    permutation: () => {
      throw new Error("no golden image has them");
    },
  };
  return random;
}
