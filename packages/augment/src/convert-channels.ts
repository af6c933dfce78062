import { lumaOf } from "./luma.js";
import type { RawImage } from "./raw-image.js";

function repeatThrice(values: Uint8Array): Uint8Array {
  const data = new Uint8Array(values.length * 3);
  for (let pixel = 0, to = 0; pixel < values.length; pixel++) {
    data[to++] = values[pixel]!;
    data[to++] = values[pixel]!;
    data[to++] = values[pixel]!;
  }
  return data;
}

/** The image with 1 or 3 channels, as PIL's `convert("L")` and `convert("RGB")`: colour becomes its luma, grey is repeated. */
export function convertChannels(image: RawImage, channels: 1 | 3): RawImage {
  if (image.channels === channels) return image;
  return { ...image, channels, data: channels === 1 ? lumaOf(image) : repeatThrice(image.data) };
}
