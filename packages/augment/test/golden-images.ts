import { readFileSync } from "node:fs";
import type { RawImage } from "../src/index.js";

interface Encoded extends Omit<RawImage, "data"> {
  readonly data: string;
}

/** Options of the calls in `benchmarks/reference/augmentations.py`; each operation has only its own. */
export type GoldenOptions = Readonly<
  Record<"left" | "top" | "cutWidth" | "cutHeight" | "width" | "height" | "size" | "cropRatio" | "factor" | "shift" | "threshold" | "sigma", number>
> & { readonly interpolation: string };

interface Golden {
  readonly images: Readonly<Record<string, Encoded>>;
  readonly cases: readonly {
    readonly operation: string;
    readonly image: string;
    readonly options: GoldenOptions;
    readonly output: Encoded;
  }[];
}

/** One recorded transform of an image by Pillow. */
export interface GoldenImage {
  readonly title: string;
  readonly image: RawImage;
  readonly options: GoldenOptions;
  readonly output: RawImage;
}

const golden = JSON.parse(readFileSync(new URL("golden/augmentations.json", import.meta.url), "utf8")) as Golden;

const decode = (encoded: Encoded): RawImage => ({ ...encoded, data: Uint8Array.from(Buffer.from(encoded.data, "base64")) });

/** The recorded transforms by one operation. */
export function goldenImages(operation: string): readonly GoldenImage[] {
  return golden.cases
    .filter((candidate) => candidate.operation === operation)
    .map(({ image, options, output }) => ({
      title: `${image} ${JSON.stringify(options)}`,
      image: decode(golden.images[image]!),
      options,
      output: decode(output),
    }));
}

/** One of the recorded input images. */
export function goldenInput(name: "rgb" | "gray" | "tall"): RawImage {
  return decode(golden.images[name]!);
}
