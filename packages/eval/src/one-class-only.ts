import type { FeatureSet } from "./feature-set.js";

/**
 * The only class of the images, by its name or number, where there is one only; undefined for several and for no image. On such a test set an answer
 * that never changes is always right or always wrong.
 */
export function oneClassOnly({ labels, classes }: Pick<FeatureSet, "labels" | "classes">): string | undefined {
  const [first] = labels;
  if (first === undefined || labels.some((label) => label !== first)) return undefined;
  return classes?.[first] || `class ${first}`;
}
