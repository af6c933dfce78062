import { ConfigError } from "@ssl-vit/core";
import { type ImageDataset, openDataset } from "@ssl-vit/data";
import { chooseImages, classifierLabels } from "@ssl-vit/eval";
import { warn } from "./console-output.js";
import type { LabelledDataOptions } from "./labelled-data-options.js";
import { oneClassWarning } from "./one-class-warning.js";

/** What a command needs of its training images, beside two classes. */
export interface DataNeeds {
  /** As many images as each of these. */
  readonly k?: readonly number[];
  /** As many images of each class as each of these. */
  readonly shots?: readonly number[];
}

function refuseSmallBank(location: string, images: number, k: readonly number[]): void {
  const most = Math.max(0, ...k);
  if (most > images) throw new ConfigError({ package: "cli", what: "--k", expected: `at most ${images}, the images of ${location}`, received: String(most), fix: "Give a smaller --k." });
}

function refuseSmallClass({ location, classes }: ImageDataset, labels: Int32Array, shots: readonly number[]): void {
  const most = Math.max(0, ...shots);
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const small = [...counts].sort(([a], [b]) => a - b).find(([, count]) => count < most);
  if (small === undefined) return;
  const [label, count] = small;
  const name = classes?.[label] ? `class ${label} (${classes[label]})` : `class ${label}`;
  throw new ConfigError({ package: "cli", what: `--shots from ${location}`, expected: `at least ${most} images of every class`, received: `${count} of ${name}`, fix: "Ask for fewer shots, or leave the class out." });
}

async function withImages<T>(path: string, use: (data: ImageDataset) => Promise<T> | T): Promise<T> {
  const data = await openDataset(path);
  try {
    return await use(data);
  } finally {
    await data.close();
  }
}

/**
 * Refuses what is known to be unusable before an hour of features: paths, labels, classes, sizes. Warns of a test set of one class.
 *
 * @returns how many images it will learn from, but for broken ones
 * @throws ConfigError as `openDataset` and `classifierLabels`; for fewer training images than k, and classes with fewer than shots
 */
export function refuseUnusableData(options: LabelledDataOptions & { readonly seed: number }, { k = [], shots = [] }: DataNeeds = {}): Promise<{ readonly trainImages: number }> {
  return withImages(options.train, (train) =>
    withImages(options.test, (test) => {
      const [chosen, judged] = [chooseImages(train.length, options.trainImages, options.seed), chooseImages(test.length, options.testImages, options.seed)];
      const { labels } = classifierLabels(train, test, chosen, judged);
      const used = chosen === undefined ? labels : chosen.map((index) => labels[index]!);
      refuseSmallBank(train.location, used.length, k);
      refuseSmallClass(train, used, shots);
      const testLabels = Int32Array.from(judged ?? { length: test.length }, (index: number | undefined, place) => test.labelOf(index ?? place));
      const warning = oneClassWarning({ location: test.location, labels: testLabels, ...(test.classes === undefined ? {} : { classes: test.classes }) });
      if (warning !== undefined) warn(warning);
      return { trainImages: used.length };
    }),
  );
}
