/** What a run does with its monitor: it gives it what to look at, writes down what it finds, and tells what it names. Nothing of it changes the run. */
import { createRandom, type Diagnosis, type LoggedSignals, type Progress, singleProcess, type StepObservation, type ViewBatch } from "@ssl-vit/core";
import { disposeViewBatch } from "@ssl-vit/data";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OpenedRun } from "./open-run.js";
import { probeBatch } from "./probe-batch.js";
import { runFactsOf } from "./run-config.js";
import { sampleImages } from "./sample-images.js";
import type { TrainOptions } from "./train-options.js";

/** The numbers of a look. */
type Signals = Readonly<Record<string, number>>;

/** A monitor at work. */
export interface RunWatch {
  isLookedAt(step: number): boolean;
  observe(numbers: StepObservation): void;
  beforeUpdate(gradients: Readonly<Record<string, Tensor>>): void;
  /** What the monitor finds after an update, and before the first. */
  measure(progress: Progress): Signals;
  sinceLastLook(): Signals;
  /** Takes what was logged of a step; tells a person, once each, of what is named. */
  take(logged: LoggedSignals): Promise<readonly Diagnosis[]>;
  dispose(): void;
}

/**
 * Begins to watch a run. The processes of a distributed run are watched by rank 0 alone, by its own images.
 *
 * @returns undefined without a monitor
 */
export async function watchRun(options: TrainOptions, run: OpenedRun, totalSteps: number): Promise<RunWatch | undefined> {
  const { monitor, method, data, seed = 0, engine, distributed } = options;
  if (monitor === undefined || (distributed?.rank ?? 0) > 0) return undefined;
  let probe: ViewBatch | undefined;
  try {
    probe = await probeBatch(options, monitor.probeImages);
  } catch (error) {
    // Broken images end the run where they are trained on, if they are too many.
    await run.note(`the monitor goes without images of its own: ${(error as Error).message}`);
  }
  const images = run.checkpoint === undefined ? await sampleImages(data, options.subset) : undefined;
  monitor.begin({ facts: runFactsOf(options), totalSteps, precision: engine?.precision, images, earlier: run.earlier });
  const random = createRandom(seed).derive("probe");
  const told = new Set<string>();
  let problem: string | undefined;
  return {
    isLookedAt: (step) => monitor.isLookedAt(step),
    observe: (numbers) => { monitor.observe(numbers); },
    beforeUpdate: (gradients) => { monitor.beforeUpdate(method, gradients); },
    measure: (progress) => monitor.measure(method, probe, { training: true, movesStatistics: false, random, collective: singleProcess, progress }),
    sinceLastLook: () => monitor.sinceLastLook(),
    async take(logged) {
      const diagnoses = monitor.take(logged);
      if (monitor.problem !== problem) {
        problem = monitor.problem;
        if (problem !== undefined) await run.note(`the monitor goes without some signals: ${problem}`);
      }
      for (const diagnosis of diagnoses) {
        const { name, title, confidence, advice } = diagnosis;
        if (told.has(name)) continue;
        told.add(name);
        await run.note(monitor.describe(diagnosis));
        options.onMessage?.(`${name} (${Math.round(confidence * 100)} %): ${title}. ${advice}`);
      }
      return diagnoses;
    },
    dispose() {
      monitor.dispose();
      if (probe !== undefined) disposeViewBatch(probe);
    },
  };
}
