import type { ImageDataset } from "./image-dataset.js";

/** Decoded images of one size in shared memory. */
export interface PixelDescriptor {
  readonly kind: "pixels";
  /** What the data set says its kind is. */
  readonly source: string;
  readonly location: string;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** [image, Y, X, C] */
  readonly pixels: Uint8Array | Uint16Array;
  readonly labels: Int32Array;
  readonly notes?: readonly string[];
}

/** Images that are in memory. Their keys are their positions. */
export function pixelDataset(descriptor: PixelDescriptor): ImageDataset {
  const { source, location, width, height, channels, pixels, labels, notes } = descriptor;
  const imageLength = width * height * channels;
  return {
    location,
    kind: source,
    length: labels.length,
    ...(notes === undefined ? {} : { notes }),
    keyOf: String,
    labelOf: (index) => labels[index]!,
    read: (index) => Promise.resolve({ width, height, channels, data: pixels.subarray(index * imageLength, (index + 1) * imageLength) }),
    descriptor,
    close: () => Promise.resolve(),
  };
}
