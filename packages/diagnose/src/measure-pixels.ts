import type { Float } from "@ssl-vit/core";
import { constantBelow } from "@ssl-vit/spectrum";
import { unitRows, viewAgreement } from "./cosines.js";

/** Height and width, at the most, of the small pictures that views are compared by. */
const shrunkSide = 8;

/** Σ x and Σ x² of every `stride`th number of a part of some values. */
function sums(values: ArrayLike<number>, start: number, end: number, stride: number): readonly [sum: number, squares: number, count: number] {
  let [sum, squares, count] = [0, 0, 0];
  for (let index = start; index < end; index += stride) {
    const value = values[index]!;
    sum += value;
    squares += value * value;
    count++;
  }
  return [sum, squares, count];
}

function deviationOf([sum, squares, count]: readonly [number, number, number]): number {
  const variance = squares / count - (sum / count) ** 2;
  return variance <= (constantBelow * squares) / count ? 0 : Math.sqrt(variance);
}

/** Mean over images and channels of the deviation within one channel of one image. */
function contrast(values: ArrayLike<number>, [batch, height, width, channels]: Float<"B Y X C">["shape"]): number {
  const size = height * width * channels;
  let total = 0;
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < channels; channel++) total += deviationOf(sums(values, image * size + channel, (image + 1) * size, channels));
  }
  return total / (batch * channels);
}

/** Means of at most 8 × 8 boxes of pixels, of each channel, image by image. */
function shrunk(values: ArrayLike<number>, [batch, height, width, channels]: Float<"B Y X C">["shape"]): Float64Array {
  const [rows, columns] = [Math.min(shrunkSide, height), Math.min(shrunkSide, width)];
  const small = new Float64Array(batch * rows * columns * channels);
  const counts = new Float64Array(rows * columns);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height);
    for (let x = 0; x < width; x++) {
      const box = row * columns + Math.floor((x * columns) / width);
      counts[box]!++;
      for (let image = 0; image < batch; image++) {
        for (let channel = 0; channel < channels; channel++) {
          small[(image * rows * columns + box) * channels + channel]! += values[((image * height + y) * width + x) * channels + channel]!;
        }
      }
    }
  }
  return small.map((value, index) => value / counts[Math.floor(index / channels) % counts.length]!);
}

/** Rows less the mean row: what all pictures have in common (a dark border) tells none from another. */
function centered(values: Float64Array, dim: number): Float64Array {
  const rows = values.length / dim;
  const means = new Float64Array(dim);
  values.forEach((value, index) => (means[index % dim]! += value / rows));
  return values.map((value, index) => value - means[index % dim]!);
}

/**
 * What the pixels of the first views are, as the method gets them (normalised): `imageMean` and `imageDeviation` over everything, `imageContrast`, the
 * mean deviation within a channel of an image. Of two views: `pixelViewDifference`, the mean absolute difference as a share of `imageDeviation`,
 * and `pixelViewAgreement`, the probability that an image's other view looks more like it than another image's (0.5 by chance), in cosine of the
 * views shrunk to at most 8 × 8 pixels, less the mean of all of them.
 *
 * @param views of one size, the first two of which are looked at; at least one
 */
export function measurePixels(views: readonly Float<"B Y X C">[]): Record<string, number> {
  const chosen = views.slice(0, 2);
  const shape = chosen[0]!.shape;
  const pixels = chosen.map((view) => view.dataSync());
  const parts = pixels.map((values) => sums(values, 0, values.length, 1));
  const all = parts.reduce(([sum, squares, count], part) => [sum + part[0], squares + part[1], count + part[2]]);
  const signals = {
    imageMean: all[0] / all[2],
    imageDeviation: deviationOf(all),
    imageContrast: pixels.reduce((sum, values) => sum + contrast(values, shape), 0) / pixels.length,
  };
  const [first, second] = pixels;
  if (first === undefined || second === undefined) return signals;
  let difference = 0;
  for (let index = 0; index < first.length; index++) difference += Math.abs(first[index]! - second[index]!);
  const small = pixels.map((values) => shrunk(values, shape));
  const dim = small[0]!.length / shape[0];
  const joined = new Float64Array(small[0]!.length * 2);
  small.forEach((values, index) => { joined.set(values, index * values.length); });
  return {
    ...signals,
    pixelViewDifference: difference / first.length / signals.imageDeviation,
    pixelViewAgreement: viewAgreement(unitRows({ values: centered(joined, dim), images: shape[0], dim })),
  };
}
