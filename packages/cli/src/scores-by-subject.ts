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

/** Lies between 0 and 1 whatever an interval says. */
const isShare = (name: string): boolean => /^(top\d+|recallAt\d+|meanAveragePrecision\w*)$/.test(name);

const nameOf = (checkpoints: readonly string[], { kind, checkpoint, weights }: Readonly<Record<string, unknown>>): string => {
  const more = [kind === "run" ? checkpoint : kind, weights === "average" ? "average" : undefined].filter((word) => typeof word === "string" && !checkpoints.includes(word));
  return [checkpoints.join(", "), ...more].join(" · ");
};

function interval(values: readonly number[], name: string): MeanInterval {
  const found = meanInterval(values);
  if (found.low === undefined || found.high === undefined || !isShare(name)) return found;
  return { ...found, low: Math.max(0, found.low), high: Math.min(1, found.high) };
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
      scores: Object.fromEntries(names.map((name) => [name, interval(seeds.flatMap((seed) => ofSeed(seed, name)), name)])),
      ...(overlaps.length === 0 ? {} : { overlap: Math.max(...overlaps) }),
    };
  });
}
