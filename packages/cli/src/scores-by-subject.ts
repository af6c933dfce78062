import { type MeanInterval, meanInterval } from "@ssl-vit/eval";
import type { FoundScore } from "./read-evaluations.js";
import { withoutFields } from "./without-fields.js";

/** What may be put into one row: the same recipe, checkpoint and weights, over its seeds. */
export interface SubjectScores {
  readonly name: string;
  readonly scores: Readonly<Record<string, MeanInterval>>;
  /** The most test images that were in the training set; absent when that was not counted. */
  readonly overlap?: number;
}

/** Whether a score lies between 0 and 1, whatever an interval says. */
export const isShare = (name: string): boolean => /^(top\d+|recallAt\d+|meanAveragePrecision\w*)$/.test(name);

/** Of an untrained encoder: what tells two of them apart. */
const vitName = (encoder: unknown): string | undefined => {
  if (typeof encoder !== "object" || encoder === null) return undefined;
  const { depth, embedDim, patchSize, initialization } = encoder as Readonly<Record<string, unknown>>;
  return `${String(depth)} blocks of ${String(embedDim)}, patches of ${String(patchSize)} px, initialization ${String(initialization)}`;
};

const nameOf = (checkpoints: readonly string[], { kind, checkpoint, weights, encoder, fingerprint }: Readonly<Record<string, unknown>>): string => {
  const more = [kind === "run" ? checkpoint : kind, weights === "average" ? "average" : undefined, kind === "weights" ? fingerprint : vitName(encoder)].filter((word) => typeof word === "string" && !checkpoints.includes(word));
  return [checkpoints.join(", "), ...more].join(" · ");
};

function interval(values: readonly number[], name: string): MeanInterval {
  const found = meanInterval(values);
  if (found.low === undefined || found.high === undefined || !isShare(name)) return found;
  return { ...found, low: Math.max(0, found.low), high: Math.min(1, found.high) };
}

/** A single accuracy, with the interval that its result brings. */
function alone({ scores: { top1 }, top1Interval }: FoundScore): MeanInterval {
  return { mean: top1!, ...(top1Interval === undefined ? {} : { low: top1Interval[0], high: top1Interval[1] }), count: 1 };
}

/**
 * Scores of one protocol by what was judged. A seed of it counts once: what it was judged with several times (other draws, other seeds of a classifier) is
 * averaged first, for those are not independent trainings.
 */
export function scoresBySubject(scores: readonly FoundScore[]): SubjectScores[] {
  const groups = new Map<string, FoundScore[]>();
  for (const score of scores) {
    const key = JSON.stringify(withoutFields(score.judged, "seed"));
    groups.set(key, [...(groups.get(key) ?? []), score]);
  }
  return [...groups.values()].map((own) => {
    const names = [...new Set(own.flatMap((score) => Object.keys(score.scores)))];
    const seeds = [...new Set(own.map(({ judged }) => judged["seed"]))];
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const ofSeed = (seed: unknown, name: string): number[] => {
      const values = own.flatMap((score) => (score.judged["seed"] === seed && score.scores[name] !== undefined ? [score.scores[name]] : []));
      return values.length === 0 ? [] : [mean(values)];
    };
    const overlaps = own.flatMap(({ overlap }) => (overlap === undefined ? [] : [overlap]));
    return {
      name: nameOf([...new Set(own.map(({ checkpoint }) => checkpoint))], own[0]!.judged),
      scores: Object.fromEntries(names.map((name) => [name, own.length === 1 && name === "top1" ? alone(own[0]!) : interval(seeds.flatMap((seed) => ofSeed(seed, name)), name)])),
      ...(overlaps.length === 0 ? {} : { overlap: Math.max(...overlaps) }),
    };
  });
}
