import { hasWords, turnWords } from "./adjust-words.js";
import type { RawImage } from "./raw-image.js";

// What a byte of PIL's HSV stands for. A hue is a sixth of the circle (255 is a full turn: sixth 0 again) and the way through it.
const sixths = new Uint8Array(256);
const fractions = new Float32Array(256);
const shares = new Float32Array(256);
for (let byte = 0; byte < 256; byte++) {
  const angle = (byte * 6) / 255;
  sixths[byte] = Math.floor(angle) % 6;
  fractions[byte] = angle - Math.floor(angle);
  shares[byte] = byte / 255;
}

/** Hue of a pixel that is not grey, as a byte. */
function hueOf(red: number, green: number, blue: number, largest: number, range: number): number {
  const toRed = Math.fround((largest - red) / range);
  const toGreen = Math.fround((largest - green) / range);
  const toBlue = Math.fround((largest - blue) / range);
  let angle: number;
  if (red === largest) angle = toBlue - toGreen;
  else if (green === largest) angle = 2 + toRed - toBlue;
  else angle = 4 + toGreen - toRed;
  const turns = Math.fround(angle) / 6 + 1;
  return (Math.fround(turns - Math.floor(turns)) * 255) | 0;
}

/**
 * Turns the hue of every pixel by `shift` turns, -0.5 … 0.5, through PIL's 8-bit HSV (torchvision's `adjust_hue` on PIL images):
 * hue and saturation are cut to bytes, so that even a shift of 0 changes some values a little. Images that are not RGB stay as they are.
 */
export function adjustHue(image: RawImage, shift: number): RawImage {
  if (image.channels !== 3) return image;
  if (hasWords(image)) return turnWords(image, shift);
  const input = image.data;
  const data = new Uint8Array(input.length);
  const byteShift = Math.trunc(shift * 255);
  for (let index = 0; index < data.length; index += 3) {
    let red = input[index]!;
    let green = input[index + 1]!;
    let blue = input[index + 2]!;
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    if (range > 0) {
      const hue = (hueOf(red, green, blue, value, range) + byteShift) & 255;
      const share = shares[(Math.fround(range / value) * 255) | 0]!;
      const fraction = fractions[hue]!;
      const low = (value * (1 - share) + 0.5) | 0;
      const falling = (value * (1 - share * fraction) + 0.5) | 0;
      const rising = (value * (1 - share * (1 - fraction)) + 0.5) | 0;
      const sixth = sixths[hue]!;
      red = sixth === 0 || sixth === 5 ? value : low;
      green = sixth === 1 || sixth === 2 ? value : low;
      blue = sixth === 3 || sixth === 4 ? value : low;
      if (sixth === 0) green = rising;
      else if (sixth === 1) red = falling;
      else if (sixth === 2) blue = rising;
      else if (sixth === 3) green = falling;
      else if (sixth === 4) red = rising;
      else blue = falling;
    }
    data[index] = red;
    data[index + 1] = green;
    data[index + 2] = blue;
  }
  return { ...image, data };
}
