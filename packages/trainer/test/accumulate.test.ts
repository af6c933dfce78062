import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { disposeMethod, encodeInChunks, type Method, methodVariables, type OptimizerRecipe, type StepContext } from "@ssl-vit/core";
import { dino } from "@ssl-vit/dino";
import { simclr } from "@ssl-vit/simclr";
import { expectNoLeaks } from "@ssl-vit/testing";
import { vit } from "@ssl-vit/vit";
import { memory, mul } from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type StepReport, train, type TrainOptions } from "../src/index.js";
import { noiseDataset } from "./noise-dataset.js";
import { collect } from "./tiny-run.js";

const encoders = vit({ imageSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2 });
// No moments: they would blow up the rounding of a gradient that is nearly 0.
const recipe: OptimizerRecipe = { name: "sgd", learningRate: 2, momentum: 0.9, weightDecay: 0.01, warmupEpochs: 1 };
const dinoOptions = { prototypes: 12, hiddenDim: 8, bottleneckDim: 4, localViews: 1, localSizeRatio: 0.5, freezeLastLayerEpochs: 1 };

let folder: string;
const methods: Method[] = [];
const created = (method: Method): Method => {
  methods.push(method);
  return method;
};
const createDino = (): Method => created(dino(encoders, dinoOptions));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ssl-vit-accumulate-"));
});
afterEach(() => {
  methods.splice(0).forEach(disposeMethod);
  rmSync(folder, { recursive: true, force: true });
});

const optionsFor = (more: Partial<TrainOptions>): TrainOptions => ({ method: more.method ?? createDino(), data: noiseDataset(14), optimizer: recipe, batchSize: 2, workers: 0, ...more });

/** A method that writes down what it is asked. */
function recorded(method: Method): { method: Method; losses: StepContext[]; steps: StepContext[] } {
  const [losses, steps]: StepContext[][] = [[], []];
  return {
    losses: losses!,
    steps: steps!,
    method: {
      ...method,
      loss: (batch, context) => {
        losses!.push(context);
        return method.loss(batch, context);
      },
      afterStep: (context) => {
        steps!.push(context);
        method.afterStep?.(context);
      },
    },
  };
}

describe("accumulate", () => {
  it("is the larger batch for a method that does not compare images: numbers, weights, teacher and center", async () => {
    const [parted, whole] = [createDino(), createDino()];
    const partedReports = await collect(optionsFor({ method: parted, accumulate: 2, epochs: 2 }));
    const wholeReports = await collect(optionsFor({ method: whole, batchSize: 4, epochs: 2 }));
    expect(partedReports.map(({ step, totalSteps, epoch, totalEpochs, learningRate }) => [step, totalSteps, epoch, totalEpochs, learningRate])).toEqual(
      wholeReports.map(({ step, totalSteps, epoch, totalEpochs, learningRate }) => [step, totalSteps, epoch, totalEpochs, learningRate]),
    );
    expect(partedReports).toHaveLength(6);
    for (const [index, { loss, gradientNorm }] of wholeReports.entries()) {
      expect(partedReports[index]!.loss).toBeAllClose(loss, { relative: 1e-5 });
      expect(partedReports[index]!.gradientNorm).toBeAllClose(gradientNorm, { relative: 1e-4 });
    }
    const expected = methodVariables(whole);
    for (const [name, variable] of methodVariables(parted)) expect(variable, name).toBeAllClose(expected.get(name)!, { absolute: 1e-5 });
  });

  it("is not the larger batch for one that does; encodeInChunks is", async () => {
    const createSimclr = (factory = encoders): Method => created(simclr(factory, { outputDim: 4 }));
    const firstOf = async (options: Partial<TrainOptions>): Promise<StepReport> => (await collect(optionsFor({ steps: 1, ...options })))[0]!;
    const whole = await firstOf({ method: createSimclr(), batchSize: 4 });
    const chunked = await firstOf({ method: createSimclr(encodeInChunks(encoders, { microBatch: 3 })), batchSize: 4 });
    const accumulated = await firstOf({ method: createSimclr(), accumulate: 2 });
    expect(chunked.loss).toBeAllClose(whole.loss, { absolute: 1e-5 });
    expect(chunked.gradientNorm).toBeAllClose(whole.gradientNorm, { relative: 1e-4 });
    // A view has 2 others to be told from, not 6.
    expect(Math.abs(accumulated.loss - whole.loss)).toBeGreaterThan(0.5);
  });

  it("asks for a loss for each batch, with draws of its own, and moves the method's averages once a step", async () => {
    const { method, losses, steps } = recorded(createDino());
    const reports = await collect(optionsFor({ method, accumulate: 3, steps: 3 }));
    expect(losses.map(({ progress }) => progress.step)).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    // Seven batches are two steps: the seventh is left out.
    expect(losses.map(({ progress }) => progress.epoch)).toEqual([0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1]);
    expect(new Set(losses.map(({ random }) => random.uniform())).size).toBe(9);
    expect(steps.map(({ progress }) => progress.step)).toEqual([0, 1, 2]);
    expect(reports.map(({ epoch }) => epoch)).toEqual([0.5, 1, 1.5]);
  });

  it("leaves frozen parameters alone, and reports the means of the method's numbers", async () => {
    const method = createDino();
    const values: number[] = [];
    const watched: Method = {
      ...method,
      loss: (batch, context) => {
        const output = method.loss(batch, context);
        values.push(output.metrics["embeddingDeviation"]!.dataSync()[0]!);
        return output;
      },
    };
    const last = methodVariables(method).get("head.last_layer.weight_v")!;
    const before = [...last.dataSync()];
    const reports: StepReport[] = [];
    for await (const report of train(optionsFor({ method: watched, accumulate: 3, steps: 3 }))) {
      reports.push(report);
      // Frozen for an epoch, two steps.
      if (report.step <= 2) expect([...last.dataSync()]).toEqual(before);
      else expect([...last.dataSync()]).not.toEqual(before);
    }
    expect(reports[0]!.metrics["embeddingDeviation"]).toBeCloseTo((values[0]! + values[1]! + values[2]!) / 3, 6);
  });

  it("scales the learning rate by the images of a step", async () => {
    const rateOf = async (options: Partial<TrainOptions>): Promise<number> => (await collect(optionsFor({ steps: 1, optimizer: { ...recipe, warmupEpochs: 0 }, ...options })))[0]!.learningRate;
    expect(await rateOf({ accumulate: 3 })).toBeCloseTo((2 * 6) / 256, 12);
    expect(await rateOf({})).toBeCloseTo((2 * 2) / 256, 12);
  });

  it("gives the same bytes for a run that was stopped and resumed", async () => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    const more: Partial<TrainOptions> = { accumulate: 3, steps: 5, saveEvery: 100 };
    await collect(optionsFor({ ...more, out: whole }));
    const controller = new AbortController();
    const stopped = await collect(optionsFor({ ...more, out: parted, signal: controller.signal }), ({ step }) => {
      if (step === 2) controller.abort();
    });
    expect(stopped.at(-1)).toMatchObject({ step: 3, checkpoint: "step-00000003" });
    const resumed = await collect(optionsFor({ ...more, out: parted, resume: true }));
    expect(resumed.map(({ step }) => step)).toEqual([4, 5]);
    for (const file of ["model.safetensors", "training.safetensors"]) {
      const [expected, received] = [whole, parted].map((run) => readFileSync(join(run, "checkpoints", "step-00000005", file)));
      expect(received!.equals(expected!), file).toBe(true);
    }
  });

  it("finishes the step in progress when told to stop between its batches", async () => {
    const controller = new AbortController();
    const { method, losses } = recorded(createDino());
    const stopping: Method = {
      ...method,
      loss: (batch, context) => {
        if (losses.length === 4) controller.abort();
        return method.loss(batch, context);
      },
    };
    const reports = await collect(optionsFor({ method: stopping, accumulate: 3, steps: 5, signal: controller.signal }));
    expect(reports.map(({ step }) => step)).toEqual([1, 2]);
    expect(losses).toHaveLength(6);
  });

  it("leaves no tensor behind, also when a step is cut short by a loss that is not a number", async () => {
    const method = createDino();
    await expectNoLeaks(() => collect(optionsFor({ method, accumulate: 2, steps: 3 })));
    const before = memory().numTensors;
    const { method: counted, losses } = recorded(method);
    const breaking: Method = {
      ...counted,
      loss: (batch, context) => {
        const { loss, metrics } = counted.loss(batch, context);
        return { loss: losses.length === 4 ? mul(loss, Number.NaN) : loss, metrics };
      },
    };
    await expect(collect(optionsFor({ method: breaking, accumulate: 3, steps: 3 }))).rejects.toThrow("loss at step 2: expected a finite number, received NaN");
    // DINO keeps what its batches say of the center for a step that never comes.
    method.afterStep?.(losses[0]!);
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    [0, "accumulate: expected a whole number of at least 1, received 0."],
    [1.5, "accumulate: expected a whole number of at least 1, received 1.5."],
    [8, "accumulate: expected at most 7, the number of batches in an epoch of noise, received 8."],
  ])("refuses %d", async (accumulate, message) => {
    await expect(collect(optionsFor({ accumulate, steps: 1 }))).rejects.toThrow(message);
  });

  it("refuses to resume with another number of batches a step or of views through the encoder, by name", async () => {
    const out = join(folder, "run");
    const chunked = (microBatch: number): Method => created(dino(encodeInChunks(encoders, { microBatch }), dinoOptions));
    await collect(optionsFor({ method: chunked(3), out, accumulate: 2, steps: 1 }));
    const { run } = JSON.parse(readFileSync(join(out, "config.resolved.json"), "utf8")) as { run: unknown };
    expect(run).toMatchObject({ batchSize: 2, accumulate: 2, microBatch: 3 });
    const resume = (more: Partial<TrainOptions>): Promise<StepReport[]> => collect(optionsFor({ method: chunked(3), out, accumulate: 2, steps: 2, resume: true, ...more }));
    await expect(resume({ accumulate: 3 })).rejects.toThrow("resume: accumulate: expected 2 as in the run, received 3.");
    await expect(resume({ method: chunked(2) })).rejects.toThrow("resume: microBatch: expected 3 as in the run, received 2.");
    await expect(resume({ method: createDino() })).rejects.toThrow("resume: microBatch: expected 3 as in the run, received nothing.");
    expect((await resume({})).map(({ step }) => step)).toEqual([2]);
  });
});
