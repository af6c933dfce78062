import { type FeatureSet, oneClassOnly } from "@ssl-vit/eval";

/** What to say of a test set whose images are all of one class; undefined for any other. */
export function oneClassWarning(test: Pick<FeatureSet, "labels" | "location" | "classes">): string | undefined {
  const only = oneClassOnly(test);
  return only === undefined ? undefined : `All ${test.labels.length} test images of ${test.location} are of one class, ${only}: accuracy on them says nothing of the others.`;
}
