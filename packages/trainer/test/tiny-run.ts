import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disposeMethod, type Method, type OptimizerRecipe } from "@ssl-vit/core";
import { simclr } from "@ssl-vit/simclr";
import { vit } from "@ssl-vit/vit";
import { afterEach, beforeEach } from "vitest";
import { type StepReport, train, type TrainOptions } from "../src/index.js";
import { noiseDataset } from "./noise-dataset.js";

export const recipe: OptimizerRecipe = { name: "adamw", learningRate: 0.05, weightDecay: 0.05, warmupEpochs: 1 };
export const tinyEncoder = vit({ imageSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2 });
export const createMethod = (): Method => simclr(tinyEncoder, { outputDim: 4 });

/** A folder and a method of a test's own, and how to train it on 14 images of noise, three steps an epoch. */
export interface TinyRun {
  readonly folder: string;
  readonly method: Method;
  readonly optionsFor: (more: Partial<TrainOptions>) => TrainOptions;
  /** Trains a method that is the same at its start, and frees it. */
  readonly trainAnew: (more: Partial<TrainOptions>) => Promise<StepReport[]>;
}

export async function collect(options: TrainOptions, onReport: (report: StepReport) => void = () => undefined): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  for await (const report of train(options)) {
    reports.push(report);
    onReport(report);
  }
  return reports;
}

/** Makes a new one for every test. */
export function tinyRun(): TinyRun {
  let [folder, method] = ["", createMethod()];
  disposeMethod(method);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ssl-vit-trainer-"));
    method = createMethod();
  });
  afterEach(() => {
    disposeMethod(method);
    rmSync(folder, { recursive: true, force: true });
  });
  const optionsFor = (more: Partial<TrainOptions>): TrainOptions => ({ method, data: noiseDataset(14), optimizer: recipe, batchSize: 4, workers: 0, ...more });
  return {
    get folder() { return folder; },
    get method() { return method; },
    optionsFor,
    trainAnew: async (more) => {
      const own = createMethod();
      return collect(optionsFor({ method: own, ...more })).finally(() => { disposeMethod(own); });
    },
  };
}

export const checkpointFolder = (run: string, step: number): string => join(run, "checkpoints", `step-${String(step).padStart(8, "0")}`);

/** The bytes of a checkpoint's tensors. */
export const filesOf = (run: string, step: number): Buffer[] => ["model.safetensors", "training.safetensors"].map((file) => readFileSync(join(checkpointFolder(run, step), file)));
