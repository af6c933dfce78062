/**
 * Robustness to common corruptions, after Hendrycks and Dietterich (https://arxiv.org/abs/1903.12261): errors averaged over severities, then over corruptions.
 * Deviation: not divided by AlexNet's errors, which exist for ImageNet alone; so `meanCorruptionError` is no mCE of ImageNet's tables.
 */
import { ConfigError, type CorruptionName, type CorruptionScale, type CorruptionSeverity } from "@ssl-vit/core";
import type { EvaluationResult, KnnProtocol, LinearProtocol } from "./protocol.js";
import { protocolDifferences } from "./protocol-differences.js";

type Scored = EvaluationResult<KnnProtocol | LinearProtocol>;

/** How the numbers came about. That of one accuracy is the classifier's, with a corruption of this scale and seed. */
export interface RobustnessProtocol {
  readonly kind: "robustness";
  readonly corruptions: readonly CorruptionName[];
  readonly severities: readonly CorruptionSeverity[];
  readonly scale: CorruptionScale;
  /** Of the corruptions' draws. */
  readonly seed: number;
  /** Of the classifier, on clean images. */
  readonly classifier: KnnProtocol | LinearProtocol;
}

/** Accuracies under one corruption. */
export interface CorruptionAccuracy {
  readonly name: CorruptionName;
  /** Over the severities. */
  readonly meanTop1: number;
  readonly severities: readonly (Pick<Scored, "top1" | "top5"> & { readonly severity: CorruptionSeverity })[];
}

/** Means of several corruptions, as shares in [0, 1]. */
export interface CorruptionMeans {
  /** Over the corruptions, of the means over their severities. */
  readonly meanTop1: number;
  /** 1 - `meanTop1`. */
  readonly meanCorruptionError: number;
  /** `cleanTop1` - `meanTop1`. */
  readonly drop: number;
  /** `drop` ÷ `cleanTop1`; absent when that is 0. */
  readonly relativeDrop?: number;
}

/** The means are those of the standard corruptions; absent where none of them is among the results. */
export interface RobustnessResult extends Partial<CorruptionMeans> {
  readonly cleanTop1: number;
  /** Means of the extra corruptions, which are no part of ImageNet-C's mean; absent where none of them is among the results. */
  readonly extra?: CorruptionMeans;
  readonly corruptions: readonly CorruptionAccuracy[];
  readonly protocol: RobustnessProtocol;
}

/** Those of ImageNet-C's and CIFAR-10-C's extra set, which the authors keep for validation: they count in no mean of the standard ones. */
export const extraCorruptions: readonly CorruptionName[] = ["speckle-noise", "gaussian-blur", "saturate"];

/** The protocol but for the corruption, and for the digest of test images, which corrupted ones do not have. */
const sameImages = (protocol: Scored["protocol"]): object => ({ ...protocol, corruption: undefined, testDigest: undefined });

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Undefined without corruptions. */
function meansOf(cleanTop1: number, corruptions: readonly CorruptionAccuracy[]): CorruptionMeans | undefined {
  if (corruptions.length === 0) return undefined;
  const meanTop1 = mean(corruptions.map((corruption) => corruption.meanTop1));
  const drop = cleanTop1 - meanTop1;
  return { meanTop1, meanCorruptionError: 1 - meanTop1, drop, ...(cleanTop1 === 0 ? {} : { relativeDrop: drop / cleanTop1 }) };
}

function refuse(what: string, expected: string, received: string): never {
  throw new ConfigError({ package: "eval", what, expected, received });
}

/**
 * Means of one classifier's accuracies on corrupted test sets: of the standard corruptions (of ImageNet-C's fifteen the twelve that exist here, or those
 * among the results) and, apart from them, of the extra ones.
 *
 * @param clean its result on the clean test set
 * @param corrupted its results on the test sets of `corruptedFeatures`, every corruption at the same severities
 * @throws ConfigError when there is none, when protocols differ by more than the corruption, when one is missing or there twice
 */
export function summarizeRobustness(clean: Scored, corrupted: readonly Scored[]): RobustnessResult {
  const first = corrupted[0]?.protocol.corruption;
  if (first === undefined) return refuse("corrupted results", "at least one, with its corruption in the protocol", corrupted.length === 0 ? "none" : "one without");
  const byName = new Map<CorruptionName, Map<CorruptionSeverity, Scored>>();
  for (const result of corrupted) {
    const { corruption } = result.protocol;
    const differences = protocolDifferences(sameImages(clean.protocol), sameImages(result.protocol));
    if (corruption === undefined) return refuse("corrupted results", "a corruption in each protocol", "one without");
    const { name, severity, scale, seed } = corruption;
    const where = `${name}, severity ${severity}`;
    if (differences.length > 0) refuse(where, "the clean result's protocol but for the corruption", `another ${differences.join(", ")}`);
    if (scale !== first.scale || seed !== first.seed) refuse(where, `scale ${first.scale} and seed ${first.seed}, as ${first.name}`, `scale ${scale}, seed ${seed}`);
    const known = byName.get(name) ?? new Map<CorruptionSeverity, Scored>();
    if (known.has(severity)) refuse(where, "one result", "two");
    byName.set(name, known.set(severity, result));
  }
  const severities = [...byName.get(first.name)!.keys()].sort();
  const corruptions = Array.from(byName, ([name, results]): CorruptionAccuracy => {
    const found = [...results.keys()].sort();
    if (found.join() !== severities.join()) refuse(name, `severities ${severities.join(", ")}, as ${first.name}`, found.join(", "));
    const scores = severities.map((severity) => {
      const { top1, top5 } = results.get(severity)!;
      return { severity, top1, top5 };
    });
    return { name, meanTop1: mean(scores.map(({ top1 }) => top1)), severities: scores };
  });
  const isExtra = ({ name }: CorruptionAccuracy): boolean => extraCorruptions.includes(name);
  const extra = meansOf(clean.top1, corruptions.filter(isExtra));
  return {
    cleanTop1: clean.top1,
    ...meansOf(clean.top1, corruptions.filter((corruption) => !isExtra(corruption))),
    ...(extra === undefined ? {} : { extra }),
    corruptions,
    protocol: { kind: "robustness", corruptions: [...byName.keys()], severities, scale: first.scale, seed: first.seed, classifier: clean.protocol },
  };
}
