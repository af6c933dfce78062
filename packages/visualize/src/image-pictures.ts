import type { Float, ViewPolicy } from "@ssl-vit/core";
import type { Picture } from "./picture.js";

/** Undoes a view policy's normalisation: value · std + mean, as a byte. */
export function toByte(value: number, channel: number, { mean, std }: ViewPolicy["normalize"]): number {
  const scaled = value * (std[channel] ?? std[0]!) + (mean[channel] ?? mean[0]!);
  return Math.round(255 * Math.min(1, Math.max(0, scaled)));
}

/** The pictures of normalised images, [B, Y, X, C] with 1 or 3 channels. */
export function imagePictures(images: Float<"B Y X C">, normalize: ViewPolicy["normalize"]): Picture[] {
  const [batch, height, width, channels] = images.shape;
  const values = images.dataSync();
  return Array.from({ length: batch }, (_, image) => {
    const data = new Uint8Array(height * width * 3);
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const source = channels === 1 ? 0 : channel;
        data[pixel * 3 + channel] = toByte(values[(image * height * width + pixel) * channels + source]!, source, normalize);
      }
    }
    return { width, height, data };
  });
}
