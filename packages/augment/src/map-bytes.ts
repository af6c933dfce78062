import { kernels } from "./kernels.js";
import type { RawImage } from "./raw-image.js";

/** A kernel may read some bytes before its input. */
const BEFORE = 16;

/**
 * A new image of the same size whose bytes a kernel makes of another's.
 *
 * @param run is given the places of the input and of the output in the kernels' memory
 */
export function mapBytes(image: RawImage, run: (input: number, output: number) => void): RawImage {
  const { length } = image.data;
  const { places, bytes } = kernels().reserve(BEFORE, length, length);
  const [, input, output] = places as [number, number, number];
  bytes.set(image.data, input);
  run(input, output);
  return { ...image, data: bytes.slice(output, output + length) };
}
