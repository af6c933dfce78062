import type { ImageDataset } from "./image-dataset.js";

/** Decoded images of one size in shared memory. */
export interface PixelDescriptor {
  readonly kind: "pixels";
  /** What the data set says its kind is. */
  readonly source: string;
  readonly location: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [image, Y, X, C] */
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
}

/** Images that are in memory. Their keys are their positions. */
export function pixelDataset(descriptor: PixelDescriptor): ImageDataset {
  const { source, location, width, height, channels, pixels, labels } = descriptor;
  const imageLength = width * height * channels;
  return {
    location,
    kind: source,
    length: labels.length,
    keyOf: String,
    labelOf: (index) => labels[index]!,
    read: (index) => Promise.resolve({ width, height, channels, data: pixels.subarray(index * imageLength, (index + 1) * imageLength) }),
    descriptor,
    close: () => Promise.resolve(),
  };
}
