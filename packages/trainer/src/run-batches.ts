import type { HostBatch, Loader } from "@ssl-vit/data";

/** Batches of the whole run from a step on, across epochs: `accumulate` for each step. */
export async function* batchesFrom(
  loader: Loader,
  { stepsPerEpoch, accumulate, firstStep, totalSteps }: Readonly<Record<"stepsPerEpoch" | "accumulate" | "firstStep" | "totalSteps", number>>,
): AsyncGenerator<HostBatch> {
  for (let step = firstStep; step < totalSteps; ) {
    const [epoch, stepOfEpoch] = [Math.floor(step / stepsPerEpoch), step % stepsPerEpoch];
    const steps = Math.min(stepsPerEpoch - stepOfEpoch, totalSteps - step);
    let left = steps * accumulate;
    for await (const batch of loader.batches(epoch, stepOfEpoch * accumulate)) {
      yield batch;
      if (--left === 0) break;
    }
    step += steps;
  }
}
