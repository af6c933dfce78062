import type { Float, ViewPolicy } from "@ssl-vit/core";
import type { Picture } from "./picture.js";

/** Undoes a view policy's normalisation: value · std + mean, as a byte. */
export function toByte(value: number, channel: number, { mean, std }: ViewPolicy["normalize"]): number {
  const scaled = value * (std[channel] ?? std[0]!) + (mean[channel] ?? mean[0]!);
  return Math.round(255 * Math.min(1, Math.max(0, scaled)));
}

/** The channel that is shown as red, green or blue (0, 1, 2): of less than three channels the first, of more their own. */
export const shownChannel = (color: number, channels: number): number => (channels < 3 ? 0 : color);

/** The statistics of a grey image's one channel: of three numbers the mean, as `normalizeInto` takes them. */
export function statisticsFor({ mean, std }: ViewPolicy["normalize"], channels: number): ViewPolicy["normalize"] {
  const one = (values: readonly number[]): readonly number[] => (channels === 1 ? [values.reduce((sum, value) => sum + value, 0) / values.length] : values);
  return { mean: one(mean), std: one(std) };
}

/** The pictures of normalised images in ordinary memory, [B, Y, X, C]. */
export function picturesOf(values: ArrayLike<number>, shape: readonly [batch: number, height: number, width: number, channels: number], normalize: ViewPolicy["normalize"]): Picture[] {
  const [batch, height, width, channels] = shape;
  const statistics = statisticsFor(normalize, channels);
  return Array.from({ length: batch }, (_, image) => {
    const data = new Uint8Array(height * width * 3);
    for (let pixel = 0; pixel < height * width; pixel++) {
      for (let color = 0; color < 3; color++) {
        const channel = shownChannel(color, channels);
        data[pixel * 3 + color] = toByte(values[(image * height * width + pixel) * channels + channel]!, channel, statistics);
      }
    }
    return { width, height, data };
  });
}

/** The pictures of normalised images, [B, Y, X, C]. */
export const imagePictures = (images: Float<"B Y X C">, normalize: ViewPolicy["normalize"]): Picture[] => picturesOf(images.dataSync(), images.shape, normalize);
