import type { Encoder, ParameterMap } from "@ssl-vit/core";
import { updateMovingAverage } from "@ssl-vit/optim";
import { dispose, variable } from "@tensorflow/tfjs-core";
import { assignVariables, type LoadedCheckpoint } from "./read-checkpoint.js";

/** A moving average of an encoder's weights. */
export interface WeightAverage {
  readonly parameters: ParameterMap;
  /** Moves it towards the weights as they are. */
  update(): void;
  dispose(): void;
}

/** Begins an average at the encoder's weights, or where a checkpoint left it. */
export function weightAverage({ parameters }: Encoder, momentum: number, checkpoint: LoadedCheckpoint | undefined): WeightAverage {
  const average = Object.fromEntries(Object.entries(parameters).map(([name, weight]) => [name, variable(weight, false)]));
  if (checkpoint?.average !== undefined) assignVariables(new Map(Object.entries(average)), checkpoint.average);
  return {
    parameters: average,
    update: () => {
      updateMovingAverage(average, parameters, momentum);
    },
    dispose: () => {
      dispose(Object.values(average));
    },
  };
}
