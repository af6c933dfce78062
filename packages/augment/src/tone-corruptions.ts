/** The corruptions of brightness, contrast and saturation: of HSV's value and saturation by their definitions, hue unchanged. */
import type { CorruptionStrengths } from "./corruption-strengths.js";
import type { UnitImage } from "./unit-image.js";

/** Calls `change` with every pixel's first value's place, and its largest and smallest value. */
function forEachPixel({ channels, values }: UnitImage, change: (first: number, largest: number, smallest: number) => void): void {
  for (let first = 0; first < values.length; first += channels) {
    let [largest, smallest] = [0, 1];
    for (let index = first; index < first + channels; index++) {
      largest = Math.max(largest, values[index]!);
      smallest = Math.min(smallest, values[index]!);
    }
    change(first, largest, smallest);
  }
}

/** HSV's value, the largest of a pixel's channels, raised up to 1; the others keep their ratio to it. For any number of channels. */
export function raiseBrightness(image: UnitImage, [added]: CorruptionStrengths["brightness"]): UnitImage {
  const values = new Float64Array(image.values.length);
  forEachPixel(image, (first, largest) => {
    const raised = Math.min(1, largest + added);
    for (let index = first; index < first + image.channels; index++) {
      const value = image.values[index]!;
      values[index] = value === largest ? raised : (raised * value) / largest;
    }
  });
  return { ...image, values };
}

/** Every channel drawn towards its mean over the image. */
export function lowerContrast(image: UnitImage, [factor]: CorruptionStrengths["contrast"]): UnitImage {
  const { channels, values } = image;
  const means = new Float64Array(channels);
  values.forEach((value, index) => (means[index % channels]! += value));
  means.forEach((sum, channel) => (means[channel] = (sum * channels) / values.length));
  return { ...image, values: values.map((value, index) => (value - means[index % channels]!) * factor + means[index % channels]!) };
}

/** HSV's saturation times a factor, plus a number, of RGB. A grey pixel has hue 0, so that the plus turns it reddish, as upstream. */
export function changeSaturation(image: UnitImage, [factor, added]: CorruptionStrengths["saturate"]): UnitImage {
  const values = new Float64Array(image.values.length);
  forEachPixel(image, (first, largest, smallest) => {
    const saturation = largest === 0 ? 0 : (largest - smallest) / largest;
    const changed = Math.min(1, Math.max(0, saturation * factor + added));
    for (let index = first; index < first + 3; index++) {
      // How far below the largest a channel is, relative to what is farthest.
      const depth = largest === smallest ? (index === first ? 0 : 1) : (largest - image.values[index]!) / (largest - smallest);
      values[index] = largest * (1 - changed * depth);
    }
  });
  return { ...image, values };
}
