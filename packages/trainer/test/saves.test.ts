import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { disposeMethod, type StepContext } from "@ssl-vit/core";
import { mul, tidy } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { loadEncoderWeights, loadMethodWeights, locateCheckpoint, type TrainOptions } from "../src/index.js";
import { checkpointFolder, collect, createMethod, filesOf, tinyEncoder, tinyRun } from "./tiny-run.js";

const tiny = tinyRun();
const runFolder = (): string => join(tiny.folder, "run");
const checkpoints = (): string[] => readdirSync(join(runFolder(), "checkpoints")).sort();
const pointer = (name: string): string => readFileSync(join(runFolder(), "checkpoints", name), "utf8");

function flipBit(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 5]! ^= 4;
  writeFileSync(file, bytes);
}

function changeState(folder: string, from: string, to: string): void {
  const file = join(folder, "state.json");
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

describe("what is kept", () => {
  it("is the newest three checkpoints, or as many as keepLast says", async () => {
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 1 });
    expect(checkpoints()).toEqual(["last", "step-00000004", "step-00000005", "step-00000006"]);
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 1, keepLast: 1, overwrite: true });
    expect(checkpoints()).toEqual(["last", "step-00000006"]);
  });

  it("is the best one too, by the first number of evaluate or by bestBy, also after a resume", async () => {
    const scores: Readonly<Record<number, number>> = { 0: 0.1, 2: 0.5, 4: 0.3, 6: 0.4, 7: 0.45, 8: 0.6, 9: 0.1 };
    const judged: Partial<TrainOptions> = { out: runFolder(), saveEvery: 1, keepLast: 1, evaluateEvery: 2, evaluate: ({ step }) => Promise.resolve({ loss: -1, top1: scores[step]! }), bestBy: "top1" };
    const reports = await tiny.trainAnew({ ...judged, steps: 6 });
    expect(reports.map(({ evaluation }) => evaluation?.["top1"])).toEqual([undefined, 0.5, undefined, 0.3, undefined, 0.4]);
    expect([checkpoints(), pointer("best")]).toEqual([["best", "best.json", "last", "step-00000002", "step-00000006"], "step-00000002\n"]);
    await tiny.trainAnew({ ...judged, steps: 7, resume: true });
    expect([checkpoints(), pointer("best")]).toEqual([["best", "best.json", "last", "step-00000002", "step-00000007"], "step-00000002\n"]);
    await tiny.trainAnew({ ...judged, steps: 8, resume: true });
    expect([checkpoints(), pointer("best")]).toEqual([["best", "best.json", "last", "step-00000008"], "step-00000008\n"]);
    const lines = readFileSync(join(runFolder(), "metrics.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { step: number; evaluation?: object });
    expect(lines.filter(({ evaluation }) => evaluation !== undefined).map(({ step }) => step)).toEqual([0, 2, 4, 6, 7, 8]);
    await expect(tiny.trainAnew({ ...judged, steps: 9, bestBy: "top5", resume: true })).rejects.toThrow('bestBy: expected one of loss, top1, which evaluate answers, received "top5".');
  });

  it("is the best by one metric: another one begins anew, and a result that is no number counts for nothing", async () => {
    const judged = (evaluate: TrainOptions["evaluate"]): Partial<TrainOptions> => ({ out: runFolder(), saveEvery: 1, evaluateEvery: 1, ...(evaluate === undefined ? {} : { evaluate }) });
    await tiny.trainAnew({ ...judged(({ step }) => Promise.resolve({ top1: step === 2 ? Number.NaN : 1 / step })), steps: 3 });
    expect(pointer("best")).toBe("step-00000001\n");
    await tiny.trainAnew({ ...judged(() => Promise.resolve({ rankMe: 0.01 })), steps: 4, resume: true });
    expect(pointer("best")).toBe("step-00000004\n");
  });

  it("has no best one where no number is to choose", async () => {
    await tiny.trainAnew({ out: runFolder(), saveEvery: 1, keepLast: 2, evaluateEvery: 1, evaluate: ({ step }) => Promise.resolve({ rankMe: -step }), bestBy: false, steps: 3 });
    expect(checkpoints()).toEqual(["last", "step-00000002", "step-00000003"]);
  });

  it("is judged again where a kill came between a checkpoint and its evaluation, and not where none did", async () => {
    const asked: number[] = [];
    const judged: Partial<TrainOptions> = { out: runFolder(), saveEvery: 2, evaluateEvery: 2, evaluate: ({ step }) => (asked.push(step), Promise.resolve({ top1: step })) };
    await tiny.trainAnew({ ...judged, steps: 4 });
    const log = join(runFolder(), "metrics.jsonl");
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    await tiny.trainAnew({ ...judged, steps: 4, resume: true });
    expect(asked).toEqual([0, 2, 4]);
    writeFileSync(log, `${lines.slice(0, -1).join("\n")}\n`);
    await tiny.trainAnew({ ...judged, steps: 4, resume: true });
    expect(asked).toEqual([0, 2, 4, 4]);
    expect(readFileSync(log, "utf8")).toBe(`${lines.join("\n")}\n`);
  });

  it("keeps what was trained when an evaluation fails", async () => {
    const failing: Partial<TrainOptions> = { steps: 4, out: runFolder(), evaluateEvery: 2, evaluate: ({ step }) => (step === 0 ? Promise.resolve({ top1: 0 }) : Promise.reject(new Error("no labels"))) };
    await expect(tiny.trainAnew(failing)).rejects.toThrow("no labels");
    expect(checkpoints()).toEqual(["last", "step-00000002"]);
    expect(readFileSync(join(runFolder(), "train.log"), "utf8")).toContain("ended: no labels");
  });

  it("does not change with what is judged: the bytes are the same", async () => {
    await tiny.trainAnew({ steps: 4, out: runFolder(), evaluateEvery: 1, evaluate: ({ method }) => Promise.resolve({ blocks: method.encoder.layout.depth }) });
    const other = join(tiny.folder, "other");
    await tiny.trainAnew({ steps: 4, out: other });
    expect(filesOf(runFolder(), 4)).toEqual(filesOf(other, 4));
  });

  it("is saved by the clock without saveEvery: a run of less than a minute at its end alone", async () => {
    await tiny.trainAnew({ epochs: 2, out: runFolder() });
    expect(checkpoints()).toEqual(["last", "step-00000006"]);
  });

  it("ends when the time is up, saved, and goes on from there to the same bytes", async () => {
    const messages: string[] = [];
    const reports = await tiny.trainAnew({ steps: 6, out: runFolder(), maxSeconds: 1e-6, onMessage: (message) => messages.push(message) });
    expect(reports.map(({ step, checkpoint }) => [step, checkpoint])).toEqual([[1, "step-00000001"]]);
    expect(messages).toEqual(["time is up: stopped after step 1, saved step-00000001"]);
    await tiny.trainAnew({ steps: 6, out: runFolder(), resume: true });
    await tiny.trainAnew({ steps: 6, out: join(tiny.folder, "whole") });
    expect(filesOf(runFolder(), 6)).toEqual(filesOf(join(tiny.folder, "whole"), 6));
  });
});

describe("a damaged checkpoint", () => {
  const damages: readonly (readonly [string, (folder: string) => void, RegExp])[] = [
    ["a flipped bit", (folder) => { flipBit(join(folder, "model.safetensors")); }, /step-00000004\/model\.safetensors: expected sha256 \w+, received \w+ \(\d+ bytes\)/],
    ["a flipped bit in the optimizer's state", (folder) => { flipBit(join(folder, "training.safetensors")); }, /step-00000004\/training\.safetensors: expected sha256/],
    ["a cut file", (folder) => { truncateSync(join(folder, "training.safetensors"), 100); }, /training\.safetensors: expected sha256 \w+, received \w+ \(100 bytes\)/],
    ["an empty file", (folder) => { truncateSync(join(folder, "model.safetensors"), 0); }, /model\.safetensors: expected sha256 \w+, received \w+ \(0 bytes\)/],
    ["a missing file", (folder) => { rmSync(join(folder, "model.safetensors")); }, /model\.safetensors: expected a readable file, received ENOENT/],
    ["an empty state.json", (folder) => { truncateSync(join(folder, "state.json"), 0); }, /state\.json: expected a checkpoint's state, received an empty file/],
    ["another step in state.json", (folder) => { changeState(folder, '"step": 4', '"step": 5'); }, /state\.json: expected a checkpoint's state, received other fields than those of its checksum \w+/],
    ["another counter in state.json", (folder) => { changeState(folder, '"encoder.cls_token": 4', '"encoder.cls_token": 6'); }, /state\.json: expected a checkpoint's state, received other fields/],
    ["a cut state.json", (folder) => { truncateSync(join(folder, "state.json"), 20); }, /state\.json: expected a checkpoint's state, received "\{/],
    ["a missing state.json", (folder) => { rmSync(join(folder, "state.json")); }, /state\.json: expected a file, received none/],
  ];

  it.each(damages)("with %s is named, and the one before it used: the run ends with the same bytes", async (_, damage, message) => {
    const whole = join(tiny.folder, "whole");
    await tiny.trainAnew({ steps: 6, out: whole, saveEvery: 2 });
    await tiny.trainAnew({ steps: 4, out: runFolder(), saveEvery: 2 });
    damage(checkpointFolder(runFolder(), 4));
    const messages: string[] = [];
    const reports = await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 2, resume: true, onMessage: (text) => messages.push(text) });
    expect(messages[0]).toMatch(/^checkpoint step-00000004 cannot be used: /);
    expect(messages[0]).toMatch(message);
    expect(messages[1]).toBe("resumed from step-00000002");
    expect(reports.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    for (const step of [4, 6]) expect(filesOf(runFolder(), step)).toEqual(filesOf(whole, step));
    expect(readFileSync(join(runFolder(), "train.log"), "utf8")).toMatch(message);
  });

  it("is told of where weights are loaded, and refused where it is asked for by name", async () => {
    await tiny.trainAnew({ steps: 4, out: runFolder(), saveEvery: 2 });
    flipBit(join(checkpointFolder(runFolder(), 4), "model.safetensors"));
    const messages: string[] = [];
    expect(await loadMethodWeights(runFolder(), tiny.method, { onDamaged: (text) => messages.push(text) })).toBe("step-00000002");
    expect(messages[0]).toMatch(/^checkpoint step-00000004 cannot be used/);
    await expect(loadMethodWeights(checkpointFolder(runFolder(), 4), tiny.method)).rejects.toThrow(/model\.safetensors: expected sha256/);
    expect(await loadMethodWeights(checkpointFolder(runFolder(), 2), tiny.method)).toBe("step-00000002");
  });

  it("is an error when there is no other", async () => {
    await tiny.trainAnew({ steps: 2, out: runFolder(), saveEvery: 1 });
    for (const step of [1, 2]) flipBit(join(checkpointFolder(runFolder(), step), "model.safetensors"));
    await expect(tiny.trainAnew({ steps: 3, out: runFolder(), resume: true })).rejects.toThrow(/step-00000002\/model\.safetensors: expected sha256/);
  });
});

describe("a resume from an older checkpoint", () => {
  it("keeps what it saves, though damaged ones are newer: they are set aside", async () => {
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 2 });
    for (const step of [4, 6]) flipBit(join(checkpointFolder(runFolder(), step), "model.safetensors"));
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 100, keepLast: 1, resume: true, maxSeconds: 1e-6 });
    expect(checkpoints()).toEqual(["last", "step-00000003", "step-00000004.damaged", "step-00000006.damaged"]);
    expect(pointer("last")).toBe("step-00000003\n");
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 100, resume: true });
    await tiny.trainAnew({ steps: 6, out: join(tiny.folder, "whole") });
    expect(filesOf(runFolder(), 6)).toEqual(filesOf(join(tiny.folder, "whole"), 6));
  });
});

describe("what a kill leaves behind", () => {
  it("is cleared away, and does not count: a half-written checkpoint, an old pointer", async () => {
    await tiny.trainAnew({ steps: 4, out: runFolder(), saveEvery: 2 });
    const half = join(runFolder(), "checkpoints", ".step-00000006.tmp");
    mkdirSync(half);
    writeFileSync(join(half, "model.safetensors.tmp"), "half");
    // Between the checkpoint's renaming and the pointer's.
    writeFileSync(join(runFolder(), "checkpoints", "last"), "step-00000002\n");
    const messages: string[] = [];
    await tiny.trainAnew({ steps: 6, out: runFolder(), saveEvery: 2, resume: true, onMessage: (text) => messages.push(text) });
    expect(messages[0]).toBe("resumed from step-00000004");
    expect(checkpoints()).toEqual(["last", "step-00000002", "step-00000004", "step-00000006"]);
    expect(pointer("last")).toBe("step-00000006\n");
  });

  it("mends the pointer of a run that has nothing left to do", async () => {
    await tiny.trainAnew({ steps: 4, out: runFolder(), saveEvery: 2 });
    writeFileSync(join(runFolder(), "checkpoints", "last"), "step-00000002\n");
    await tiny.trainAnew({ steps: 4, out: runFolder(), resume: true });
    expect(pointer("last")).toBe("step-00000004\n");
  });

  it("of a run's first moment is no run; of a removal that was cut short is one to be replaced", async () => {
    mkdirSync(runFolder());
    writeFileSync(join(runFolder(), "config.resolved.json.tmp"), "{");
    writeFileSync(join(runFolder(), "train.log"), "");
    await tiny.trainAnew({ steps: 2, out: runFolder() });
    rmSync(join(runFolder(), "config.resolved.json"));
    await expect(tiny.trainAnew({ steps: 2, out: runFolder() })).rejects.toThrow("which holds a run");
    await tiny.trainAnew({ steps: 2, out: runFolder(), overwrite: true });
    expect(checkpoints()).toEqual(["last", "step-00000002"]);
  });

  it("ends a line of train.log that was cut", async () => {
    await tiny.trainAnew({ steps: 2, out: runFolder() });
    const log = join(runFolder(), "train.log");
    truncateSync(log, readFileSync(log).length - 4);
    await tiny.trainAnew({ steps: 3, out: runFolder(), resume: true });
    expect(readFileSync(log, "utf8")).toMatch(/finished 2 st\n\d{4}-.* resumed from step-00000002\n/);
  });
});

describe("a weight that is no number", () => {
  it("never reaches a checkpoint", async () => {
    const { method } = tiny;
    // As a rate beyond all reason would: gradients are finite, the weights they make are not.
    const spoiling = { ...method, afterStep: (context: StepContext) => {
      method.afterStep?.(context);
      const [weight] = Object.values(method.trainable);
      if (context.progress.step === 2) tidy(() => { weight!.assign(mul(weight!, Number.POSITIVE_INFINITY)); });
    } };
    await expect(collect(tiny.optionsFor({ method: spoiling, steps: 4, out: runFolder(), saveEvery: 1 }))).rejects.toThrow(/cls_token at step 3: expected finite numbers, received (Infinity|-Infinity|NaN)\. Training diverged; this checkpoint is not written/);
    expect(pointer("last")).toBe("step-00000002\n");
  });
});

describe("a moving average of the weights", () => {
  it("is saved, goes on after a resume, and can be loaded in the weights' place", async () => {
    const averaged: Partial<TrainOptions> = { out: runFolder(), averageMomentum: 0.5 };
    await tiny.trainAnew({ ...averaged, steps: 3 });
    await tiny.trainAnew({ ...averaged, steps: 6, resume: true });
    const whole = join(tiny.folder, "whole");
    await tiny.trainAnew({ ...averaged, steps: 6, out: whole });
    const [resumed, undisturbed] = [runFolder(), whole].map((run) => readFileSync(join(checkpointFolder(run, 6), "average.safetensors")));
    expect(resumed).toEqual(undisturbed);

    const encoder = tinyEncoder("teacher");
    const name = "blocks.0.attn.qkv.weight";
    const valuesOf = async (weights: "last" | "average"): Promise<Float32Array> => {
      await loadEncoderWeights(runFolder(), encoder, { weights });
      return encoder.parameters[name]!.dataSync<"float32">().slice();
    };
    const [last, average] = [await valuesOf("last"), await valuesOf("average")];
    // By hand: half of each step's way, from the start.
    const own = createMethod();
    let expected = own.encoder.parameters[name]!.dataSync<"float32">().slice();
    await collect(tiny.optionsFor({ method: own, steps: 6 }), () => {
      const now = own.encoder.parameters[name]!.dataSync();
      expected = expected.map((value, index) => 0.5 * value + 0.5 * now[index]!);
    });
    disposeMethod(own);
    expect(average).toBeAllClose([...expected]);
    expect(last).not.toEqual(average);
    for (const variable of [...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]) variable.dispose();
  });

  it("is missed by name", async () => {
    await tiny.trainAnew({ steps: 1, out: runFolder() });
    const encoder = tinyEncoder("teacher");
    await expect(loadEncoderWeights(runFolder(), encoder, { weights: "average" })).rejects.toThrow("weights: expected a run with a moving average");
    for (const variable of [...Object.values(encoder.parameters), ...Object.values(encoder.buffers)]) variable.dispose();
  });
});

describe("locateCheckpoint", () => {
  it("takes a run, a checkpoint, last and best", async () => {
    await tiny.trainAnew({ steps: 3, out: runFolder(), saveEvery: 1, evaluateEvery: 1, evaluate: ({ step }) => Promise.resolve({ top1: -step }) });
    const at = (name: string): string => join(runFolder(), "checkpoints", name);
    expect(await locateCheckpoint(runFolder())).toEqual({ folder: runFolder() });
    expect(await locateCheckpoint(at("step-00000002"))).toEqual({ folder: runFolder(), name: "step-00000002" });
    expect(await locateCheckpoint(at("last"))).toEqual({ folder: runFolder(), name: "step-00000003" });
    expect(await locateCheckpoint(at("best"))).toEqual({ folder: runFolder(), name: "step-00000001" });
    const inCheckpoints = join(tiny.folder, "checkpoints", "r1");
    await tiny.trainAnew({ steps: 1, out: inCheckpoints });
    expect(await locateCheckpoint(inCheckpoints)).toEqual({ folder: inCheckpoints });
    await expect(locateCheckpoint(at("bset"))).rejects.toThrow("expected one of step-00000003, step-00000002, step-00000001, last, received nothing there");
  });
});

describe("refused options", () => {
  it.each<[Partial<TrainOptions>, string]>([
    [{ keepLast: 0 }, "keepLast: expected a whole number of at least 1, received 0."],
    [{ saveEvery: 1.5 }, "saveEvery: expected a whole number of at least 1, received 1.5."],
    [{ evaluateEvery: -1 }, "evaluateEvery: expected a whole number of at least 1, received -1."],
    [{ maxSeconds: 0 }, "maxSeconds: expected a number above 0, received 0."],
    [{ averageMomentum: 1 }, "averageMomentum: expected a number between 0 and 1, received 1."],
  ])("%j", async (wrong, message) => {
    await expect(tiny.trainAnew({ steps: 1, ...wrong })).rejects.toThrow(message);
  });
});
