import { ConfigError, ShapeError } from "@ssl-vit/core";
import { checkFinite } from "./check-finite.js";
import type { FeatureSet } from "./feature-set.js";
import { oneClassOnly } from "./one-class-only.js";
import { type NamedRows, rowName } from "./row-name.js";

const listed = (values: readonly (string | number)[]): string =>
  values.length <= 5 ? values.join(", ") : `${values.slice(0, 5).join(", ")} and ${values.length - 5} more`;

/** Labels, and where they come from. */
export type LabelledSource = Pick<FeatureSet, "labels" | "location" | "classes">;

/** @throws ConfigError for images without a class */
export function checkLabels({ labels, location }: LabelledSource): void {
  const missing = labels.reduce((count, label) => count + (label < 0 ? 1 : 0), 0);
  if (missing === 0) return;
  throw new ConfigError({
    package: "eval",
    what: `labels of ${location}`,
    expected: "a class for every image",
    received: `${missing} of ${labels.length} images without one`,
    fix: "Evaluation needs labels: class folders, .cls files in the shards, or a labels file.",
  });
}

function checkSameFeatures(train: FeatureSet, test: FeatureSet): void {
  if (train.dim !== test.dim) {
    throw new ShapeError({ package: "eval", what: "test features", expected: `shape [-1, ${train.dim}]`, received: `[${test.count}, ${test.dim}]` });
  }
  if (train.corruption !== undefined) {
    throw new ConfigError({ package: "eval", what: "training features", expected: "those of clean images", received: `corrupted by ${train.corruption.name}` });
  }
  for (const what of ["layer", "block", "imageSize", "views"] as const) {
    // Absent = the last block.
    const [expected, received] = [train, test].map((set) => JSON.stringify(set[what])) as [string | undefined, string | undefined];
    if (expected !== received) {
      throw new ConfigError({ package: "eval", what: `${what} of the test features`, expected: expected ?? "the last one", received: received ?? "the last one" });
    }
  }
}

/** @throws ConfigError for classes of the test data that the training data lacks, or has in another order */
export function checkSameClasses(train: LabelledSource, test: LabelledSource): void {
  if (train.classes !== undefined && test.classes !== undefined) {
    // A class without images may have no name on one side.
    const unknown = test.classes.filter((name, label) => name !== "" && train.classes?.[label] !== "" && train.classes?.[label] !== name);
    if (unknown.length > 0) {
      throw new ConfigError({
        package: "eval",
        what: `classes of ${test.location}`,
        expected: `those of ${train.location} in the same order (${listed(train.classes)})`,
        received: listed(test.classes),
      });
    }
  }
  const seen = new Set(train.labels);
  const unseen = [...new Set(test.labels)].filter((label) => !seen.has(label)).sort((a, b) => a - b);
  if (unseen.length > 0) {
    throw new ConfigError({
      package: "eval",
      what: `classes of ${test.location}`,
      expected: `only classes that ${train.location} has`,
      received: `images of class ${listed(unseen)} besides`,
    });
  }
}

/**
 * One class is always right: a perfect accuracy that says nothing.
 *
 * @throws ConfigError for images of one class
 */
export function checkSeveralClasses(set: LabelledSource): void {
  const only = oneClassOnly(set);
  if (only === undefined) return;
  throw new ConfigError({
    package: "eval",
    what: `classes of ${set.location}`,
    expected: "at least two",
    received: `one: all ${set.labels.length} images are of ${only}`,
    fix: "With one class every answer is right: give images of several.",
  });
}

type MaybeNamed = FeatureSet & NamedRows;

/** What TypeScript cannot say of a set that was not made here: as many rows as images, of numbers. */
function checkRows(set: MaybeNamed): void {
  const { values, count, dim, labels, indices, digests, location } = set;
  const lengths = { values: values.length / dim, labels: labels.length, indices: indices.length, digests: digests?.length ?? count };
  for (const [name, length] of Object.entries(lengths)) {
    if (length !== count) throw new ShapeError({ package: "eval", what: `${name} of ${location}`, expected: `[${count}${name === "values" ? `, ${dim}` : ""}]`, received: `[${set[name as "values"].length}]` });
  }
  checkFinite(values, dim, location, (row) => `image ${rowName(set, row)} (row ${row})`);
}

/**
 * Checks that a classifier made from `train` can be tested on `test`.
 *
 * @returns the number of classes
 * @throws ConfigError for missing labels, one class only, other classes, features taken in another way; ShapeError for another width, or
 *   numbers, labels or indices that are not as many as the rows need; Error for a feature that is not finite, naming its image
 */
export function checkFeatureSets(train: MaybeNamed, test: MaybeNamed): number {
  checkRows(train);
  if (test !== train) checkRows(test);
  checkSameFeatures(train, test);
  checkLabels(train);
  checkLabels(test);
  checkSameClasses(train, test);
  checkSeveralClasses(train);
  return train.labels.reduce((most, label) => Math.max(most, label + 1), train.classes?.length ?? 0);
}
