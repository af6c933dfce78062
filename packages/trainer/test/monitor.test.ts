import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Diagnosis, disposeMethod, disposeSignals, type LoggedSignals, type MonitoredRun, type RunMonitor, type ViewBatch } from "@ssl-vit/core";
import type { ImageDataset } from "@ssl-vit/data";
import { dispose, fill } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { noiseDataset } from "./noise-dataset.js";
import { collect, createMethod, filesOf, tinyRun } from "./tiny-run.js";

const tiny = tinyRun();
const out = (name = "run"): string => join(tiny.folder, name);
const linesOf = (folder: string): LoggedSignals[] => readFileSync(join(folder, "metrics.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as LoggedSignals);

const failing: Diagnosis = { name: "uniform-output", title: "The output is uniform", confidence: 0.9, step: 2, evidence: { loss: 6.9 }, explanation: "It says nothing.", advice: "Sharpen it." };

/** A monitor that writes down what it is told, looks at every second step, and names a failure from a step on. */
function recording(namedFrom = Infinity): RunMonitor & { readonly runs: MonitoredRun[]; readonly calls: string[]; readonly taken: LoggedSignals[]; readonly probes: (ViewBatch | undefined)[] } {
  const [runs, calls, taken, probes]: [MonitoredRun[], string[], LoggedSignals[], (ViewBatch | undefined)[]] = [[], [], [], []];
  return {
    runs,
    calls,
    taken,
    probes,
    probeImages: 5,
    begin: (run) => { runs.push(run); },
    isLookedAt: (step) => step % 2 === 0,
    observe: ({ loss }) => { calls.push(`observe ${Number.isFinite(loss)}`); },
    beforeUpdate: (method, gradients) => { calls.push(`gradients ${Object.keys(gradients).length === Object.keys(method.trainable).length}`); },
    measure: (_, probe, context) => {
      probes.push(probe);
      calls.push(`measure ${context.progress.step} ${context.movesStatistics}`);
      return { seen: context.progress.step };
    },
    take: (logged) => {
      taken.push(logged);
      return logged.step >= namedFrom ? [failing] : [];
    },
    sinceLastLook: () => ({ lossMax: 9 }),
    describe: ({ title }) => `paragraph: ${title}`,
    dispose: () => { calls.push("dispose"); },
  };
}

describe("a monitor", () => {
  it("is told of every step, looks before the first and at those it wants, and finds its numbers in the logs", async () => {
    const monitor = recording();
    const reports = await collect(tiny.optionsFor({ steps: 4, out: out(), logEvery: 100, monitor, evaluate: () => Promise.resolve({ top1: 0.5 }), evaluateEvery: 100, engine: { name: "cpu", precision: "float32" } }));
    const step = ["gradients true", "observe true"];
    expect(monitor.calls).toEqual(["measure 0 false", "observe true", ...step, "measure 2 false", "observe true", ...step, "measure 4 false", "dispose"]);
    expect(reports.map(({ signals, diagnoses }) => [signals, diagnoses])).toEqual([
      [undefined, []],
      [{ seen: 2 }, []],
      [undefined, []],
      [{ seen: 4 }, []],
    ]);
    const lines = linesOf(out());
    expect(lines.map(({ step: at, signals, evaluation, loss }) => [at, signals, evaluation, loss !== undefined])).toEqual([
      [0, { seen: 0 }, undefined, false],
      [0, undefined, { top1: 0.5 }, false],
      [1, undefined, undefined, true],
      [2, { seen: 2 }, undefined, true],
      [4, { seen: 4 }, undefined, true],
      [4, undefined, { top1: 0.5 }, false],
    ]);
    expect(JSON.parse(JSON.stringify(monitor.taken))).toEqual(lines);
    const [{ facts, totalSteps, precision, images, earlier }] = monitor.runs as [MonitoredRun];
    expect([totalSteps, precision, earlier]).toEqual([4, "float32", []]);
    expect(images).toEqual({ images: 14, broken: 0, duplicates: 0, constant: 0 });
    const { run } = JSON.parse(readFileSync(join(out(), "config.resolved.json"), "utf8")) as { readonly run: typeof facts };
    for (const name of ["method", "encoder", "views", "optimizer", "batchSize", "accumulate"] as const) expect(facts[name], name).toEqual(run[name]);
    expect(facts.data.images).toBe(14);
  });

  it("sees the same images in every run, at even distances, and frees them", async () => {
    const valuesOf = async (): Promise<number[]> => {
      const values: number[] = [];
      const monitor: RunMonitor = {
        ...recording(),
        measure: (_, probe) => {
          values.push(...probe!.views.flatMap(({ images }) => [...images.dataSync()]));
          expect([...probe!.indices]).toEqual([0, 2, 5, 8, 11]);
          return {};
        },
      };
      await tiny.trainAnew({ steps: 1, monitor, seed: 3 });
      return values;
    };
    const [first, second] = [await valuesOf(), await valuesOf()];
    expect(first.length).toBe(2 * 5 * 8 * 8 * 3);
    expect(first).toEqual(second);
    const monitor = recording();
    await tiny.trainAnew({ steps: 1, monitor });
    for (const { images } of monitor.probes[0]!.views) expect(images.isDisposed).toBe(true);
  });

  it("changes no byte of the run, though it computes with the method", async () => {
    const looked: number[] = [];
    const looking: RunMonitor = {
      ...recording(),
      measure: (method, probe, context) => {
        const signals = method.signals!(probe!, context);
        looked.push(...signals.embeddings!.map(({ size }) => size));
        disposeSignals(signals);
        dispose(method.encoder.encode(probe!.views[0]!.images, context));
        return {};
      },
    };
    await tiny.trainAnew({ steps: 5, out: out("with"), monitor: looking });
    expect(looked.length).toBe(2 * 3);
    await tiny.trainAnew({ steps: 5, out: out("without") });
    expect(filesOf(out("with"), 5)).toEqual(filesOf(out("without"), 5));
  });

  it("is told what earlier parts logged, without what is done again and without why they ended", async () => {
    await tiny.trainAnew({ steps: 6, out: out(), saveEvery: 2, monitor: recording() }).catch(() => undefined);
    const whole = linesOf(out());
    const first = recording();
    await tiny.trainAnew({ steps: 8, out: out(), resume: true, monitor: first });
    expect(first.runs[0]!.earlier).toEqual(whole);
    expect(first.runs[0]!.images).toBeUndefined();
    expect(first.calls[0]).toBe("observe true");
    const nothingLeft = recording();
    await tiny.trainAnew({ steps: 8, out: out(), resume: true, monitor: nothingLeft });
    expect(nothingLeft.runs).toEqual([]);
    expect(linesOf(out()).map(({ step }) => step)).toEqual([0, 1, 2, 4, 6, 7, 8]);
  });

  it("names a failure in the reports, once to a person, and as a paragraph in train.log", async () => {
    const messages: string[] = [];
    const reports = await collect(tiny.optionsFor({ steps: 6, out: out(), logEvery: 1, monitor: recording(3), onMessage: (message) => messages.push(message) }));
    expect(reports.map(({ diagnoses }) => diagnoses?.map(({ name }) => name).join())).toEqual(["", "", "uniform-output", "uniform-output", "uniform-output", "uniform-output"]);
    expect(messages.filter((message) => message.includes("uniform-output"))).toEqual(["uniform-output (90 %): The output is uniform. Sharpen it."]);
    expect(readFileSync(join(out(), "train.log"), "utf8").match(/paragraph: The output is uniform/g)?.length).toBe(1);
    expect(readFileSync(join(out(), "metrics.jsonl"), "utf8")).not.toContain("uniform-output");
  });

  it("says once in train.log what it cannot measure", async () => {
    await tiny.trainAnew({ steps: 4, out: out(), logEvery: 1, monitor: { ...recording(), problem: "signals of mine: no such view" } });
    expect(readFileSync(join(out(), "train.log"), "utf8").match(/the monitor goes without some signals: signals of mine: no such view/g)?.length).toBe(1);
  });

  it("learns why a run ended, and so does the log: which number was lost, and where first", async () => {
    const method = createMethod();
    const monitor = recording();
    const spoilt = { ...method, loss: (...given: Parameters<typeof method.loss>) => {
      if (given[1].progress.step === 2) {
        const weight = Object.values(method.trainable)[1]!;
        weight.assign(fill(weight.shape, NaN));
      }
      return method.loss(...given);
    } };
    await expect(collect(tiny.optionsFor({ method: spoilt, steps: 6, out: out(), monitor }))).rejects.toThrow("loss at step 3: expected a finite number, received NaN");
    const failure = { step: 2, failure: { message: expect.stringContaining("loss at step 3") as string, what: "loss", origin: Object.keys(method.trainable)[1]! }, signals: { lossMax: 9 } };
    expect(linesOf(out()).at(-1)).toEqual(failure);
    expect(monitor.taken.at(-1)).toEqual(failure);
    expect(monitor.calls.at(-1)).toBe("dispose");
    disposeMethod(method);
  });

  it("counts broken, copied and constant images of the data before a run", async () => {
    const noise = noiseDataset(20);
    const data: ImageDataset = {
      ...noise,
      read: async (index) => {
        if (index === 4) throw new Error("cut off");
        const image = await noise.read(index % 10);
        return index === 5 ? { ...image, data: image.data.slice().fill(7) } : image;
      },
    };
    const monitor = recording();
    await tiny.trainAnew({ data, steps: 1, monitor });
    // 20 images: 14 is a copy of the broken one, 15 of the one that is constant here.
    expect(monitor.runs[0]!.images).toEqual({ images: 20, broken: 1, duplicates: 8, constant: 1 });
  });

  it("goes without images of its own where too many are broken, and the run ends for that", async () => {
    const data: ImageDataset = { ...noiseDataset(14), read: () => Promise.reject(new Error("cut off")) };
    const monitor = recording();
    await expect(tiny.trainAnew({ data, steps: 1, out: out(), monitor })).rejects.toThrow("[@ssl-vit/data]");
    expect(monitor.probes).toEqual([undefined]);
    expect(monitor.runs[0]!.images).toEqual({ images: 14, broken: 14, duplicates: 0, constant: 0 });
    expect(linesOf(out()).at(-1)!.failure!.message).toContain("[@ssl-vit/data]");
  });
});
