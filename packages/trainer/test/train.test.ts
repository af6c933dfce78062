import { existsSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { disposeMethod, type Method, type OptimizerRecipe } from "@ssl-vit/core";
import { add, memory, mul, scalar, sqrt, sum } from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import { type StepReport, train } from "../src/index.js";
import { noiseDataset } from "./noise-dataset.js";
import { collect, createMethod, filesOf, recipe, tinyRun } from "./tiny-run.js";

const tiny = tinyRun();
const { optionsFor } = tiny;
let [folder, method] = [tiny.folder, tiny.method];
beforeEach(() => {
  ({ folder, method } = tiny);
});

describe("train", () => {
  it("yields one report a step and writes a run's folder", async () => {
    const out = join(folder, "run");
    const messages: string[] = [];
    const reports = await collect(optionsFor({ epochs: 2, out, logEvery: 2, saveEvery: 3, onMessage: (message) => messages.push(message) }));
    expect(reports.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(reports[2]).toMatchObject({ totalSteps: 6, totalEpochs: 2, epoch: 1, checkpoint: "step-00000003" });
    for (const report of reports) expect([report.loss, report.gradientNorm, report.learningRate].every(Number.isFinite)).toBe(true);
    expect(readdirSync(out).sort()).toEqual(["checkpoints", "config.resolved.json", expect.stringMatching(/^events\.out\.tfevents\.\d+\..*\.1$/), "metrics.jsonl", "train.log"]);
    expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["last", "step-00000003", "step-00000006"]);
    expect(readFileSync(join(out, "checkpoints", "last"), "utf8")).toBe("step-00000006\n");
    const lines = readFileSync(join(out, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as StepReport).step)).toEqual([1, 2, 4, 6]);
    expect(messages).toEqual(["finished 6 steps"]);
    expect(readFileSync(join(out, "train.log"), "utf8")).toMatch(/^\d{4}-.* finished 6 steps\n$/);
  });

  it("writes nothing without out, and leaves no tensor behind", async () => {
    await collect(optionsFor({ steps: 1 }));
    const before = memory().numTensors;
    await collect(optionsFor({ steps: 4 }));
    expect(memory().numTensors).toBe(before);
  });

  it.each<OptimizerRecipe>([
    recipe,
    { name: "lars", learningRate: 0.3, weightDecay: 1e-6, warmupEpochs: 1, groups: [{ match: "bias-and-norm", learningRateFactor: 0.024 }] },
    { name: "lamb", learningRate: 0.05, weightDecay: 0.05, weightDecayEnd: 0.1, layerDecay: 0.75, clipNorm: 1, clipMode: "per-module" },
  ])("gives the same bytes for a run that was stopped and resumed: %j", async (optimizer) => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    await collect(optionsFor({ optimizer, steps: 6, out: whole, saveEvery: 6 }));

    const controller = new AbortController();
    const first = createMethod();
    // Stops in the middle of the second epoch, where neither the schedule nor the order starts anew.
    const stopped = await collect(optionsFor({ optimizer, method: first, steps: 6, out: parted, saveEvery: 100, signal: controller.signal }), ({ step }) => {
      if (step === 3) controller.abort();
    });
    expect(stopped.at(-1)).toMatchObject({ step: 4, checkpoint: "step-00000004" });
    disposeMethod(first);

    const second = createMethod();
    const resumed = await collect(optionsFor({ optimizer, method: second, steps: 6, out: parted, saveEvery: 100, resume: true }));
    expect(resumed.map(({ step }) => step)).toEqual([5, 6]);
    disposeMethod(second);
    const [expected, received] = [filesOf(whole, 6), filesOf(parted, 6)];
    expected.forEach((bytes, file) => {
      expect(received[file]!.equals(bytes), `file ${file}`).toBe(true);
    });
  });

  it("redoes what a kill cut: metrics after the checkpoint and a half-written line are dropped", async () => {
    const out = join(folder, "run");
    for await (const report of train(optionsFor({ steps: 6, out, saveEvery: 2, logEvery: 1 }))) if (report.step === 5) break;
    const log = join(out, "metrics.jsonl");
    truncateSync(log, readFileSync(log).length - 10);
    const again = createMethod();
    await collect(optionsFor({ method: again, steps: 6, out, saveEvery: 2, logEvery: 1, resume: true }));
    disposeMethod(again);
    const steps = readFileSync(log, "utf8").trimEnd().split("\n").map((line) => (JSON.parse(line) as StepReport).step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("refuses a batch and views that the method cannot take before a folder is made", async () => {
    const out = join(folder, "run");
    await expect(collect(optionsFor({ steps: 1, out, batchSize: 1 }))).rejects.toThrow("[@ssl-vit/simclr] batchSize: expected at least 2 images, received 1.");
    const [group] = method.views.groups;
    const views = { ...method.views, groups: [{ ...group!, count: 1 }] };
    await expect(collect(optionsFor({ steps: 1, out, views }))).rejects.toThrow("[@ssl-vit/simclr] views of an image: expected 2 global and any number of local, received 1 global.");
    expect(existsSync(out)).toBe(false);
  });

  it("refuses a used folder, replaces a run only when told, and never other files", async () => {
    const out = join(folder, "run");
    await collect(optionsFor({ steps: 1, out }));
    await expect(collect(optionsFor({ steps: 1, out }))).rejects.toThrow(`[@ssl-vit/trainer] out: expected a new or empty folder, received ${out}, which holds a run.`);
    await collect(optionsFor({ steps: 2, out, overwrite: true }));
    expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["last", "step-00000002"]);
    const photos = mkdtempSync(join(folder, "photos-"));
    writeFileSync(join(photos, "mine.txt"), "mine");
    await expect(collect(optionsFor({ steps: 1, out: photos, overwrite: true }))).rejects.toThrow("which holds other files");
    expect(readFileSync(join(photos, "mine.txt"), "utf8")).toBe("mine");
  });

  it.each([
    ["batchSize", { batchSize: 5 }, "resume: batchSize: expected 4 as in the run, received 5."],
    ["an optimizer's rate", { optimizer: { ...recipe, learningRate: 1 } }, "resume: optimizer.learningRate: expected 0.05 as in the run, received 1."],
    ["the data", { data: noiseDataset(20) }, "resume: data.images: expected 14 as in the run, received 20."],
    ["the images' names", { data: { ...noiseDataset(14), location: "elsewhere", keyOf: (index: number) => `renamed ${index}` } }, "resume: data: expected the images of the run, noise, received as many others in elsewhere. Names, labels or pixels of images have changed"],
    ["the images' pixels", { data: noiseDataset(14, 8, 2) }, "resume: data: expected the images of the run, noise, received as many others in noise."],
    ["a label", { data: { ...noiseDataset(14), labelOf: () => 1 } }, "resume: data: expected the images of the run, noise, received as many others in noise."],
    ["the average", { averageMomentum: 0.9 }, "resume: averageMomentum: expected nothing as in the run, received 0.9."],
    ["the choice of images", { subset: Int32Array.of(0, 1, 2, 3) }, 'resume: subset: expected nothing as in the run, received {"images":4,"fingerprint":"'],
    ["the seed", { seed: 3 }, "resume: seed: expected 0 as in the run, received 3."],
  ])("refuses to resume with another %s, by name, and keeps the run", async (_, change, message) => {
    const out = join(folder, "run");
    await collect(optionsFor({ steps: 2, out }));
    const before = readFileSync(join(out, "config.resolved.json"), "utf8");
    await expect(collect(optionsFor({ steps: 4, out, resume: true, ...change }))).rejects.toThrow(message);
    expect(readFileSync(join(out, "config.resolved.json"), "utf8")).toBe(before);
  });

  it("trains on a subset alone, and refuses to go on with another of the same size", async () => {
    const read = new Set<number>();
    const whole = noiseDataset(14);
    const data = { ...whole, read: (index: number) => (read.add(index), whole.read(index)) };
    const subset = Int32Array.of(1, 4, 5, 9, 13);
    await collect(optionsFor({ data, subset, epochs: 4 }));
    expect([...read].sort((a, b) => a - b)).toEqual([...subset]);
    const out = join(folder, "run");
    expect((await collect(optionsFor({ subset, epochs: 2, out }))).at(-1)).toMatchObject({ step: 2, totalSteps: 2, totalEpochs: 2 });
    const other = Int32Array.of(1, 4, 5, 9, 12);
    await expect(collect(optionsFor({ subset: other, epochs: 3, out, resume: true }))).rejects.toThrow("resume: subset.fingerprint: expected ");
    await expect(collect(optionsFor({ subset: Int32Array.of(1, 14), batchSize: 2, epochs: 1 }))).rejects.toThrow("subset: expected positions from 0 to 13, received 14.");
  });

  it("goes on with images that have moved, and on another engine, of which it warns", async () => {
    const out = join(folder, "run");
    await collect(optionsFor({ steps: 2, out, engine: { name: "native", precision: "float32" } }));
    const messages: string[] = [];
    const again = createMethod();
    await collect(optionsFor({ method: again, steps: 3, out, resume: true, data: { ...noiseDataset(14), location: "moved" }, engine: { name: "wasm", precision: "float32" }, onMessage: (text) => messages.push(text) }));
    disposeMethod(again);
    expect(messages).toEqual([
      "the run was computed by native, float32 and goes on with wasm, float32: from here on its bytes are not those of an undisturbed run",
      "resumed from step-00000002",
      "finished 3 steps",
    ]);
  });

  it("warns of other instructions of the processor, and of nothing where one of both does not say", async () => {
    const out = join(folder, "run");
    const resumed = async (steps: number, engine: { name: string; instructions?: string }): Promise<string[]> => {
      const messages: string[] = [];
      const again = createMethod();
      await collect(optionsFor({ method: again, steps, out, resume: steps > 1, engine, onMessage: (text) => messages.push(text) }));
      disposeMethod(again);
      return messages.filter((text) => text.startsWith("the run was computed"));
    };
    expect(await resumed(1, { name: "native", instructions: "avx512" })).toEqual([]);
    expect(await resumed(2, { name: "native" })).toEqual([]);
    expect(await resumed(3, { name: "native", instructions: "avx2" })).toEqual([]);
    expect((await resumed(4, { name: "native", instructions: "portable" }))[0]).toMatch(/^the run was computed by native, avx2 and goes on with native, portable:/);
    const { earlier } = JSON.parse(readFileSync(join(out, "config.resolved.json"), "utf8")) as { earlier: { engine: object }[] };
    expect(earlier.map(({ engine }) => engine)).toEqual([{ name: "native", instructions: "avx512" }, { name: "native" }, { name: "native", instructions: "avx2" }]);
  });

  it("has nothing to do where as many steps are done, and says so", async () => {
    const out = join(folder, "run");
    await collect(optionsFor({ steps: 3, out }));
    const messages: string[] = [];
    const again = createMethod();
    expect(await collect(optionsFor({ method: again, steps: 2, out, resume: true, onMessage: (text) => messages.push(text) }))).toEqual([]);
    disposeMethod(again);
    expect(messages).toEqual(["resumed from step-00000003", "nothing left to do: the run has done 3 steps, 2 were asked for"]);
  });

  it.each([
    ["an empty", "", "an empty file"],
    ["a cut", '{"run": {"method"', '"{\\"run\\": {\\"method\\""'],
  ])("names %s config.resolved.json", async (_, content, received) => {
    const out = join(folder, "run");
    await collect(optionsFor({ steps: 1, out }));
    writeFileSync(join(out, "config.resolved.json"), content);
    await expect(collect(optionsFor({ steps: 2, out, resume: true }))).rejects.toThrow(`config.resolved.json: expected the configuration of a run, received ${received}.`);
  });

  it("stops on a loss that is not finite and keeps the last checkpoint", async () => {
    const out = join(folder, "run");
    const broken: Method = {
      ...method,
      loss: (batch, context) => {
        const output = method.loss(batch, context);
        return context.progress.step < 2 ? output : { ...output, loss: mul(output.loss, scalar(Number.NaN)) };
      },
    };
    await expect(collect(optionsFor({ method: broken, steps: 6, out, saveEvery: 1 }))).rejects.toThrow("loss at step 3: expected a finite number, received NaN; the first tensor that is not finite is in the heads or in the loss: views, weights, buffers and what the evaluated encoder makes of the views are finite. Training diverged; what was saved before is intact.");
    expect(readFileSync(join(out, "checkpoints", "last"), "utf8")).toBe("step-00000002\n");
  });

  it("stops on a gradient that is not finite before the weights are saved", async () => {
    const out = join(folder, "run");
    // sqrt has an infinite slope at 0: the loss stays finite, its gradient does not.
    const broken: Method = {
      ...method,
      loss: (batch, context) => {
        const output = method.loss(batch, context);
        if (context.progress.step < 1) return output;
        const [weight] = Object.values(method.trainable);
        return { ...output, loss: add(output.loss, sum(sqrt(mul(weight!, 0)))) };
      },
    };
    await expect(collect(optionsFor({ method: broken, steps: 6, out, saveEvery: 1 }))).rejects.toThrow("gradient norm at step 2: expected a finite number, received NaN; the first tensor that is not finite is the gradient of encoder.cls_token. Training");
    expect(readFileSync(join(out, "checkpoints", "last"), "utf8")).toBe("step-00000001\n");
  });

  it("starts again where a run was stopped before its first save", async () => {
    const out = join(folder, "run");
    for await (const report of train(optionsFor({ steps: 3, out, saveEvery: 3 }))) if (report.step === 1) break;
    const messages: string[] = [];
    const again = createMethod();
    const reports = await collect(optionsFor({ method: again, steps: 3, out, saveEvery: 3, resume: true, onMessage: (message) => messages.push(message) }));
    disposeMethod(again);
    expect(reports.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(messages[0]).toBe("the run was stopped before its first save; it starts again at step 1");
  });

  it.each([
    [{}, "length of the run: expected epochs or steps, one of them, received neither."],
    [{ epochs: 1, steps: 1 }, "received both."],
    [{ steps: 0 }, "steps: expected a number above 0, received 0."],
    [{ steps: 1, resume: true }, "resume: expected the run's folder in out, received no out."],
    [{ steps: 1, optimizer: { ...recipe, groups: [{ match: "projectr." }] } }, 'which matches none. Did you mean "projector."?'],
  ])("refuses %j", async (wrong, message) => {
    await expect(collect(optionsFor(wrong))).rejects.toThrow(message);
  });
});
