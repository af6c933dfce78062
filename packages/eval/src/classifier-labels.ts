import type { ImageDataset } from "@ssl-vit/data";
import { checkLabels, checkSameClasses, checkSeveralClasses, type LabelledSource } from "./check-feature-sets.js";

type Labelled = Pick<ImageDataset, "location" | "length" | "classes" | "labelOf">;

/** What a classifier learns to tell apart. */
export interface ClassifierLabels {
  /** Class of every image of the training data by its position, -1 = none. */
  readonly labels: Int32Array;
  readonly numClasses: number;
}

const allOf = ({ length }: Labelled): Int32Array => Int32Array.from({ length }, (_, index) => index);

/** The labels of some images, with what they are called. */
function labelledImages(data: Labelled, images: Int32Array): LabelledSource {
  const { location, classes } = data;
  return { location, labels: images.map((index) => data.labelOf(index)), ...(classes === undefined ? {} : { classes }) };
}

/**
 * The labels of training data, after a look at whether a classifier made from them can be judged on test data.
 *
 * @param images positions in the training data of those that are trained on. Default: all
 * @param testImages positions in the test data
 * @throws ConfigError for images without a label among them, one class only, classes of the test data that the training images lack or order differently
 */
export function classifierLabels(train: Labelled, test: Labelled, images: Int32Array = allOf(train), testImages: Int32Array = allOf(test)): ClassifierLabels {
  const [used, judged] = [labelledImages(train, images), labelledImages(test, testImages)];
  checkLabels(used);
  checkLabels(judged);
  checkSeveralClasses(used);
  checkSameClasses(used, judged);
  const labels = labelledImages(train, allOf(train)).labels;
  return { labels, numClasses: labels.reduce((most, label) => Math.max(most, label + 1), train.classes?.length ?? 0) };
}
