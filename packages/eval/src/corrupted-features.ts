import { ConfigError, type ImageOperation } from "@ssl-vit/core";
import type { FeatureSet } from "./feature-set.js";

type CorruptionOperation = Extract<ImageOperation, { kind: "corruption" }>;

/**
 * Says that features of corrupted images are so on purpose: a classifier may be tested on them that learned from the same views without the
 * corruption, and its protocol names the corruption. Without this, such a test set is refused as one whose views differ.
 *
 * @param features of a policy whose last operation is a corruption (`evaluationViews({ …, corruption })`)
 * @param seed the loader's, which the corruption drew from
 * @throws ConfigError for features of other views
 */
export function corruptedFeatures<Features extends FeatureSet>(features: Features, seed: number): Features {
  const { groups, normalize } = features.views;
  const [group] = groups;
  const last = group?.operations.at(-1);
  const corruptions = groups.flatMap(({ operations }) => operations).filter((operation): operation is CorruptionOperation => operation.kind === "corruption");
  if (group === undefined || groups.length !== 1 || corruptions.length !== 1 || corruptions[0] !== last) {
    throw new ConfigError({ package: "eval", what: `views of ${features.location}`, expected: "one group that ends with a corruption", received: JSON.stringify(groups) });
  }
  const { name, severity, scale } = corruptions[0]!;
  return { ...features, views: { groups: [{ ...group, operations: group.operations.slice(0, -1) }], normalize }, corruption: { name, severity, scale, seed } };
}
