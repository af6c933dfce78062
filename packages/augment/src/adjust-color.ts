import { kernels } from "./kernels.js";
import { mapBytes } from "./map-bytes.js";
import type { RawImage } from "./raw-image.js";

/** Away from black by a factor ≥ 0 (PIL's ImageEnhance.Brightness); 1 changes nothing. */
export function adjustBrightness(image: RawImage, factor: number): RawImage {
  return mapBytes(image, (input, output) => { kernels().blendFromValue(input, image.data.length, 0, factor, output); });
}

/** Away from the image's mean luma, rounded, by a factor ≥ 0 (PIL's ImageEnhance.Contrast); 1 changes nothing. */
export function adjustContrast(image: RawImage, factor: number): RawImage {
  const { data, channels } = image;
  return mapBytes(image, (input, output) => {
    const sum = channels === 3 ? kernels().sumLuma(input, data.length / 3) : data.reduce((total, value) => total + value, 0);
    const mean = Math.trunc(sum / (data.length / channels) + 0.5);
    kernels().blendFromValue(input, data.length, mean, factor, output);
  });
}

/** Away from each pixel's luma by a factor ≥ 0 (PIL's ImageEnhance.Color); 1 changes nothing. Grey images stay as they are. */
export function adjustSaturation(image: RawImage, factor: number): RawImage {
  if (image.channels === 1) return image;
  return mapBytes(image, (input, output) => { kernels().blendFromLuma(input, image.data.length / 3, factor, output); });
}
