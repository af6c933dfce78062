import { type ImageFeatures, type Overlap, overlapOf } from "@ssl-vit/eval";
import { warn } from "./console-output.js";
import { type FeatureExtractor, type FeatureOptions, featuresOf } from "./feature-options.js";
import type { LabelledDataOptions } from "./labelled-data-options.js";

/** Features to learn from and features to be judged on. */
export interface LabelledFeatures {
  readonly train: ImageFeatures;
  readonly test: ImageFeatures;
}

/** Features of both sets; where both are the same images, they are computed once. */
export async function labelledFeatures(options: FeatureOptions & LabelledDataOptions, extractor: FeatureExtractor): Promise<LabelledFeatures> {
  const train = await featuresOf(options.train, extractor, options, options.trainImages);
  const isSame = options.train === options.test && options.trainImages === options.testImages;
  return { train, test: isSame ? train : await featuresOf(options.test, extractor, options, options.testImages) };
}

/**
 * Warns of test images that are in the training set.
 *
 * @returns for the result: how many there are; nothing when that is not known
 */
export function warnOfOverlap({ train, test }: LabelledFeatures): { readonly overlap?: number } {
  const overlap = overlapOf(train, test);
  return overlap === undefined ? {} : tellOverlap(overlap, test.count);
}

/** What to say of an overlap; undefined when there is none. */
export function overlapWarning({ count, examples }: Overlap, images: number): string | undefined {
  if (count === 0) return undefined;
  const named = examples.map((example) => `${example.test} (there ${example.train})`).join(", ");
  const [are, those] = count === 1 ? ["image is", "it"] : ["images are", "them"];
  return `${count} of ${images} test ${are} in the training set as well: ${named}${count > examples.length ? ", …" : ""}. Accuracy on ${those} says nothing of new images.`;
}

/**
 * Tells of an overlap that was found.
 *
 * @param images of the test set
 */
export function tellOverlap(overlap: Overlap, images: number): { readonly overlap: number } {
  const warning = overlapWarning(overlap, images);
  if (warning !== undefined) warn(warning);
  return { overlap: overlap.count };
}
