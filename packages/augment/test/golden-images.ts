import { readFileSync } from "node:fs";
import type { RawImage } from "../src/index.js";

/** An image in a golden file, its values in base64. */
export interface EncodedImage extends Omit<RawImage, "data"> {
  readonly data: string;
}

/** Options of the calls in `benchmarks/reference`; each operation has only its own. */
export type GoldenOptions = Readonly<
  Record<"left" | "top" | "cutWidth" | "cutHeight" | "width" | "height" | "size" | "cropRatio" | "factor" | "shift" | "threshold" | "sigma" | "value", number>
> & { readonly interpolation: string };

/** What a golden file of operations holds. */
export interface GoldenFile {
  readonly images: Readonly<Record<string, EncodedImage>>;
  readonly cases: readonly {
    readonly operation: string;
    readonly image: string;
    readonly options: GoldenOptions;
    readonly output: EncodedImage;
  }[];
}

/** One recorded transform of an image by Pillow. */
export interface GoldenImage {
  readonly title: string;
  readonly image: RawImage;
  readonly options: GoldenOptions;
  readonly output: RawImage;
}

const golden = JSON.parse(readFileSync(new URL("golden/augmentations.json", import.meta.url), "utf8")) as GoldenFile;

/** An image of bytes. */
export const decodeBytes = (encoded: EncodedImage): RawImage => ({ ...encoded, data: Uint8Array.from(Buffer.from(encoded.data, "base64")) });

/** The recorded transforms by one operation. */
export function goldenImages(operation: string): readonly GoldenImage[] {
  return golden.cases
    .filter((candidate) => candidate.operation === operation)
    .map(({ image, options, output }) => ({
      title: `${image} ${JSON.stringify(options)}`,
      image: decodeBytes(golden.images[image]!),
      options,
      output: decodeBytes(output),
    }));
}

/** One of the recorded input images. */
export function goldenInput(name: "rgb" | "gray" | "tall"): RawImage {
  return decodeBytes(golden.images[name]!);
}
