import { createRandom, singleProcess, type StepContext } from "@ssl-vit/core";

/** The context of one step of a run of 10 epochs with 10 steps each. */
export function stepContext(step: number, seed = 0): StepContext {
  return {
    training: true,
    random: createRandom(seed).derive("step", step),
    collective: singleProcess,
    progress: { step, totalSteps: 100, epoch: step / 10, totalEpochs: 10 },
  };
}
