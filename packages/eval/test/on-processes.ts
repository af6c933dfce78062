import { type Collective, singleProcess } from "@ssl-vit/core";
import { concat, dispose, keep, reshape, type Tensor } from "@tensorflow/tfjs-core";

/**
 * Runs an asynchronous function as each of some processes that only gather: once to find out what each brings to each call, where it gets its own in
 * place of the others', and once more with what all brought.
 */
export async function onProcesses<T>(size: number, run: (collective: Collective) => Promise<T>): Promise<T[]> {
  const calls: Tensor[][] = [];
  const collectiveOf = (rank: number, gather: (own: Tensor, call: number) => Tensor): Collective => {
    let call = 0;
    return { ...singleProcess, rank, size, allGather: (own) => gather(own, call++) as typeof own };
  };
  for (let rank = 0; rank < size; rank++) {
    const bring = (own: Tensor, call: number): Tensor => {
      (calls[call] ??= []).push(keep(own.clone()));
      return concat(Array.from({ length: size }, () => own));
    };
    await run(collectiveOf(rank, bring));
  }
  const results: T[] = [];
  for (let rank = 0; rank < size; rank++) {
    results.push(await run(collectiveOf(rank, (own, call) => reshape(concat(calls[call]!), [-1, ...own.shape.slice(1)]))));
  }
  dispose(calls.flat());
  return results;
}
