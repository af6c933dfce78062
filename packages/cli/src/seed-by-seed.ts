import { askedToStop } from "./asked-to-stop.js";
import type { ClassifierResult } from "./classifier-result.js";
import { say } from "./console-output.js";
import { percent } from "./percent.js";

/** What was found with several seeds; with fewer than were asked for when it ended early. */
export interface SeedResults {
  readonly asked: readonly number[];
  /** Those that are finished, in the order of the results. */
  readonly seeds: readonly number[];
  readonly results: readonly ClassifierResult[];
  /** A signal ended it. */
  readonly stopped?: true;
  /** The seed that failed ended it. */
  readonly failed?: { readonly seed: number; readonly error: unknown };
}

/**
 * Trains with one seed after the other, telling each one's accuracy. An end before the last one keeps the results there are.
 *
 * @param train undefined when it was told to stop
 * @throws what `train` throws with the first seed, when there is nothing to keep
 */
export async function seedBySeed(seeds: readonly number[], signal: AbortSignal, train: (seed: number) => Promise<ClassifierResult | undefined>): Promise<SeedResults> {
  const results: ClassifierResult[] = [];
  const ended = (early: Pick<SeedResults, "stopped" | "failed"> = {}): SeedResults => ({ asked: seeds, seeds: seeds.slice(0, results.length), results, ...early });
  for (const seed of seeds) {
    if (await askedToStop(signal)) return ended({ stopped: true });
    try {
      const result = await train(seed);
      if (result === undefined) return ended({ stopped: true });
      results.push(result);
      say(`seed ${seed}    top-1 ${percent(result.top1)} %`);
    } catch (error) {
      if (await askedToStop(signal)) return ended({ stopped: true });
      if (results.length === 0) throw error;
      return ended({ failed: { seed, error } });
    }
  }
  return ended();
}
