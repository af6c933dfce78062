import { ConfigError } from "@ssl-vit/core";
import { emptyLike } from "./empty-like.js";
import { lumaOf } from "./luma.js";
import type { RawImage } from "./raw-image.js";

function repeatThrice(values: RawImage["data"]): RawImage["data"] {
  const data = emptyLike(values, values.length * 3);
  for (let pixel = 0, to = 0; pixel < values.length; pixel++) {
    data[to++] = values[pixel]!;
    data[to++] = values[pixel]!;
    data[to++] = values[pixel]!;
  }
  return data;
}

/**
 * The image with another number of channels, as PIL's `convert("L")` and `convert("RGB")`: color becomes its luma, grey is repeated.
 *
 * @throws ConfigError for any other two numbers that differ: there is no telling which channels to leave out, or what to fill in
 */
export function convertChannels(image: RawImage, channels: number): RawImage {
  if (image.channels === channels) return image;
  if (channels === 1 && image.channels === 3) return { ...image, channels, data: lumaOf(image) };
  if (channels === 3 && image.channels === 1) return { ...image, channels, data: repeatThrice(image.data) };
  throw new ConfigError({ package: "augment", what: "channels of an image", expected: String(channels), received: String(image.channels), fix: "Only 1 and 3 are turned into each other." });
}
