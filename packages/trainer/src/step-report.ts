import type { Diagnosis } from "@ssl-vit/core";

/** What `train` yields after each optimizer step. */
export interface StepReport {
  /** Optimizer steps done, from 1. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epochs done, with the fraction of the current one. */
  readonly epoch: number;
  readonly totalEpochs: number;
  readonly loss: number;
  /** The method's own numbers. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** Seconds since this process began to train, by a clock that does not jump. */
  readonly seconds: number;
  /** Images (not views) a second, over this step. */
  readonly imagesPerSecond: number;
  /** Share of this step's time spent waiting for data. */
  readonly dataWaitShare: number;
  /** Resident memory of the process in MB. */
  readonly memoryMb: number;
  /** Estimate of the time left, in seconds. */
  readonly secondsLeft: number;
  /** What `evaluate` answered after this step, if it was asked. */
  readonly evaluation?: Readonly<Record<string, number>>;
  /** What the monitor measured after this step, if it looked at it. */
  readonly signals?: Readonly<Record<string, number>>;
  /** What the monitor has named as wrong so far, the likeliest first; absent without a monitor, and before it has looked. */
  readonly diagnoses?: readonly Diagnosis[];
  /** Name of the checkpoint written after this step, if one was. */
  readonly checkpoint?: string;
}
