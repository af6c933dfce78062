import type { RunFacts } from "@ssl-vit/core";

/** Optimizer steps of an epoch, as the trainer counts them; NaN where the numbers are not known. */
export const stepsAnEpoch = ({ data, batchSize, accumulate }: Pick<RunFacts, "data" | "batchSize" | "accumulate">): number =>
  Math.floor(Math.floor(data.images / batchSize) / accumulate);
