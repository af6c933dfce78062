import type { RawImage } from "@ssl-vit/augment";

/** The planes of an image one after the other, row by row or column by column. */
export function planes({ width, height, channels, data }: RawImage, order: "rows" | "columns"): Buffer {
  const bytes: number[] = [];
  const [outer, inner] = order === "rows" ? [height, width] : [width, height];
  for (let channel = 0; channel < channels; channel++) {
    for (let a = 0; a < outer; a++) {
      for (let b = 0; b < inner; b++) {
        const [y, x] = order === "rows" ? [a, b] : [b, a];
        bytes.push(data[(y * width + x) * channels + channel]!);
      }
    }
  }
  return Buffer.from(bytes);
}

/** A binary file of CIFAR: before each image its labels. */
export function cifarFile(images: readonly RawImage[], labelsOf: (index: number) => readonly number[]): Buffer {
  return Buffer.concat(images.flatMap((image, index) => [Buffer.from(labelsOf(index)), planes(image, "rows")]));
}
