import type { ViewPolicy } from "@ssl-vit/core";
import type { CompleteRecipe } from "@ssl-vit/optim";
import type { ClassifierLayer, ClassifierMix } from "./classifier-options.js";
import { digestSet } from "./digest-set.js";
import type { Corruption, FeatureLayer, FeatureSet } from "./feature-set.js";

/** How a number came about, as plain data; it is saved with the number. */
interface Protocol {
  readonly layer: FeatureLayer;
  /** The block that the features are of, from 1; absent: the last. */
  readonly block?: number;
  readonly imageSize: readonly [number, number];
  readonly views: ViewPolicy;
  readonly train: string;
  readonly test: string;
  /**
   * A short sha256 of the training images, as the encoder saw them, and their classes in order: other content at the same place is another protocol, and
   * the same content at another place the same one. Absent where the images have no digests, and where a seed chose them.
   */
  readonly trainDigest?: string;
  /** The same of the test images; absent where they are corrupted as well. */
  readonly testDigest?: string;
  readonly trainImages: number;
  readonly testImages: number;
  readonly classes: number;
  /** Of the draw of the images, when only some of the data's were used. */
  readonly drawSeed?: number;
  /** Of the test images, after `views`. */
  readonly corruption?: Corruption;
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

/** Images of the same class found by similarity. Recall's k is in the name of its number. */
export interface RetrievalProtocol extends Protocol {
  readonly kind: "retrieval";
  readonly distance: "cosine";
  /** What is done with equally similar images. As one step (scikit-learn's way) all of them share the precision after the last, which is never lower. */
  readonly ties: { readonly recall: "wrong images first"; readonly meanAveragePrecision: "one step"; readonly meanAveragePrecisionAtR: "wrong images first" };
  /** Whether a query's own image was in the gallery, and left out of it. */
  readonly leavesOwnImageOut: boolean;
}

/** A classifier learned from few labelled images, drawn several times. `trainImages` are those to draw from. */
export interface FewShotProtocol extends Protocol {
  readonly kind: "fewshot";
  /** Labelled images of each class, or the share of each class's images (at least one a class). */
  readonly labelled: { readonly shots: number } | { readonly share: number };
  readonly labelledImages: number;
  readonly draws: number;
  readonly seed: number;
  readonly classifier: FewShotClassifier;
}

/** What learns from few images. The weight decay is that of the mean cross-entropy: 10 / `labelledImages`. */
export type FewShotClassifier =
  | { readonly name: "multinomial logistic regression, to convergence"; readonly standardized: "by all training images"; readonly weightDecay: number }
  | { readonly name: "nearest centroid"; readonly distance: "cosine" };

/** A linear classifier on frozen features, trained as the field's protocols do. */
export interface LinearByGradientProtocol extends Protocol {
  readonly kind: "linear";
  readonly classifier: "softmax regression by gradient descent";
  /** With its defaults (`completeRecipe`); the learning rate is still to be scaled by `batchSize`. */
  readonly optimizer: CompleteRecipe;
  readonly epochs: number;
  readonly batchSize: number;
  readonly batchNorm: boolean;
  /** What the classifier sees in training: features computed once, or of views that are cut anew each epoch. */
  readonly trainViews: "as in testing" | ViewPolicy;
  /** Of the classifier's start, the order of the images, and the views in training. */
  readonly seed: number;
}

/** The whole encoder trained with a classifier on it. `views` are those of testing. */
export interface FinetuneProtocol extends Omit<Protocol, "layer" | "block" | "drawSeed" | "corruption"> {
  readonly kind: "finetune";
  readonly layer: ClassifierLayer;
  readonly trainViews: ViewPolicy;
  /** How the training images were chosen. */
  readonly choice: "all" | "equally many of each class, by seed";
  /** With its defaults (`completeRecipe`); the learning rate is still to be scaled by `batchSize`. */
  readonly optimizer: CompleteRecipe;
  readonly epochs: number;
  readonly batchSize: number;
  readonly dropPathRate: number;
  readonly mix: Required<ClassifierMix>;
  readonly labelSmoothing: number;
  /** Of the moving average that was evaluated; 0 = the weights themselves were. */
  readonly averageMomentum: number;
  /** Of the head's weight at the start. */
  readonly headDeviation: number;
  readonly seed: number;
}

/** A result that can be compared: shares of right answers in [0, 1], and how they were found. */
export interface EvaluationResult<P extends KnnProtocol | LinearProtocol | LinearByGradientProtocol> {
  /** Share of test images whose class comes first. */
  readonly top1: number;
  /** Share of test images whose class is among the first five. */
  readonly top5: number;
  readonly protocol: P;
}

/**
 * The part of a protocol that the features bring with them. What a seed decides has no digest: with another seed it would have another one, and
 * numbers that differ by seeds may be compared.
 */
export function featureProtocol(train: FeatureSet, test: FeatureSet, classes: number): Protocol {
  const { layer, block, imageSize, views } = train;
  const drawSeed = train.drawSeed ?? test.drawSeed;
  const trainDigest = train.drawSeed === undefined ? digestSet(train) : undefined;
  const testDigest = test.drawSeed === undefined && test.corruption === undefined ? digestSet(test) : undefined;
  return {
    layer,
    ...(block === undefined ? {} : { block }),
    imageSize,
    views,
    train: train.location,
    test: test.location,
    ...(trainDigest === undefined ? {} : { trainDigest }),
    ...(testDigest === undefined ? {} : { testDigest }),
    trainImages: train.count,
    testImages: test.count,
    classes,
    ...(drawSeed === undefined ? {} : { drawSeed }),
    ...(test.corruption === undefined ? {} : { corruption: test.corruption }),
  };
}
