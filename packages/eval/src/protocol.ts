import type { ViewPolicy } from "@ssl-vit/core";
import type { FeatureLayer, FeatureSet } from "./feature-set.js";

/** How a number came about, as plain data; it is saved with the number. */
interface Protocol {
  readonly layer: FeatureLayer;
  readonly imageSize: readonly [number, number];
  readonly views: ViewPolicy;
  readonly train: string;
  readonly test: string;
  readonly trainImages: number;
  readonly testImages: number;
  readonly classes: number;
}

/** Weighted k-nearest neighbours. */
export interface KnnProtocol extends Protocol {
  readonly kind: "knn";
  readonly k: number;
  readonly temperature: number;
  readonly distance: "cosine";
}

/** A linear classifier on frozen features. */
export interface LinearProtocol extends Protocol {
  readonly kind: "linear";
  readonly classifier: "multinomial logistic regression, to convergence";
  readonly standardized: true;
  /** One weight decay, or how the best of several was chosen from the training images alone. */
  readonly weightDecay: number | { readonly candidates: readonly number[]; readonly heldOut: number; readonly seed: number };
}

/** A result that can be compared: shares of right answers in [0, 1], and how they were found. */
export interface EvaluationResult<P extends KnnProtocol | LinearProtocol> {
  /** Share of test images whose class comes first. */
  readonly top1: number;
  /** Share of test images whose class is among the first five. */
  readonly top5: number;
  readonly protocol: P;
}

/** The part of a protocol that the features bring with them. */
export function featureProtocol(train: FeatureSet, test: FeatureSet, classes: number): Protocol {
  const { layer, imageSize, views } = train;
  return { layer, imageSize, views, train: train.location, test: test.location, trainImages: train.count, testImages: test.count, classes };
}

/** Names of what differs between two protocols, in order. Two numbers may be compared when there is none. */
export function protocolDifferences(first: KnnProtocol | LinearProtocol, second: KnnProtocol | LinearProtocol): string[] {
  const [one, other] = [first, second] as unknown as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name])).sort();
}
