import { type Collective, singleProcess } from "@ssl-vit/core";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Runs a function as if on several processes that meet at every `allReduce`, one after the other in this process: every rank is run again
 * until what each of them contributes to each call no longer changes. `run` has to start from the same state every time.
 */
export function asProcesses<T>(size: number, run: (collective: Collective) => T): T[] {
  const contributions: number[][][] = []; // of each call, by rank
  for (let previous = ""; ; previous = JSON.stringify(contributions)) {
    const results = Array.from({ length: size }, (_, rank) => {
      let call = 0;
      const allReduce = <Reduced extends Tensor>(given: Reduced, operation: "sum" | "mean"): Reduced => {
        const ranks = (contributions[call++] ??= []);
        ranks[rank] = [...given.dataSync()];
        const divisor = operation === "mean" ? size : 1;
        const reduced = ranks[rank].map((_, index) => ranks.reduce((total, values) => total + values[index]!, 0) / divisor);
        return tensor(reduced, given.shape) as Reduced;
      };
      return run({ ...singleProcess, rank, size, allReduce });
    });
    if (JSON.stringify(contributions) === previous) return results;
  }
}
