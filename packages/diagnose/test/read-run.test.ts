import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diagnose, readRun } from "@ssl-vit/diagnose";
import { syntheticRun } from "./synthetic-run.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ssl-vit-read-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const ill = syntheticRun({ signals: (_, step) => (step === 0 ? {} : { teacherMomentum: 0 }), facts: { options: { teacherMomentum: 0 } } });
const config = JSON.stringify({ run: { ...ill.facts, seed: 3 }, engine: { name: "native", precision: "bfloat16" }, length: { steps: 500 } });
const lines = ill.logged.map((line) => `${JSON.stringify(line)}\n`).join("");
const time = "2025-11-27T03:54:00.000Z";

const write = (files: Readonly<Record<string, string>>): Promise<unknown> => Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));

describe("readRun", () => {
  it("reads a whole run as it was", async () => {
    await write({ "config.resolved.json": config, "metrics.jsonl": lines, "train.log": `${time} finished 400 steps\n` });
    const { run, missing, state } = await readRun(folder);
    expect(run).toEqual({ ...ill, precision: "bfloat16" });
    expect(missing).toEqual([]);
    expect(state).toBe("finished");
    expect(diagnose(run)[0]?.name).toBe("teacher-equals-student");
  });

  it("leaves out a last line that was cut short, and says so", async () => {
    await write({ "config.resolved.json": config, "metrics.jsonl": lines.slice(0, -30), "train.log": `${time} something\n` });
    const { run, missing, state } = await readRun(folder);
    expect(run.logged).toEqual(ill.logged.slice(0, -1));
    expect(missing).toEqual([expect.stringContaining("cut short")]);
    expect(state).toBe("unknown");
  });

  it("keeps a last line that is whole but for its end", async () => {
    await write({ "config.resolved.json": config, "metrics.jsonl": lines.trimEnd(), "train.log": "" });
    expect((await readRun(folder)).run.logged).toHaveLength(ill.logged.length);
  });

  it("counts lines that are none", async () => {
    const [first, second, ...rest] = lines.split("\n");
    const damaged = [first, second!.slice(0, 40), "", "null", "[1]", '{"step":"3"}', "\u0000\u0000\u0000", ...rest].join("\n");
    await write({ "config.resolved.json": config, "metrics.jsonl": damaged, "train.log": `${time} finished 400 steps\n` });
    const { run, missing } = await readRun(folder);
    expect(run.logged).toHaveLength(ill.logged.length - 1);
    expect(missing).toEqual(["5 lines of metrics.jsonl are damaged and left out."]);
  });

  it("reads a run that has logged nothing yet", async () => {
    await write({ "config.resolved.json": config, "metrics.jsonl": "", "train.log": "" });
    const { run, missing, state } = await readRun(folder);
    expect(run).toMatchObject({ totalSteps: 500, logged: [] });
    expect(missing[0]).toContain("had not logged a step");
    expect(state).toBe("unknown");
    expect(diagnose(run)).toEqual([]);
  });

  it.each([
    ["no config", undefined, "There is no config.resolved.json"],
    ["an empty one", "", "config.resolved.json is damaged"],
    ["one cut short", config.slice(0, 90), "config.resolved.json is damaged"],
    ["one of something else", '{"name":"x"}', "says nothing of a run"],
  ])("diagnoses by the signals alone with %s", async (_, text, said) => {
    await write({ ...(text === undefined ? {} : { "config.resolved.json": text }), "metrics.jsonl": lines, "train.log": `${time} finished 400 steps\n` });
    const { run, missing } = await readRun(folder);
    expect(missing).toEqual([expect.stringContaining(said)]);
    expect(run.totalSteps).toBe(400);
    expect(run.facts.data.images).toBeNaN();
    const [found] = diagnose(run);
    expect(found).toMatchObject({ name: "teacher-equals-student" });
    expect(found!.change).toBeUndefined();
  });

  it("takes what is of the right kind of a config that is half another thing", async () => {
    const strange = { run: { method: 3, views: { groups: [{ name: "global" }, 7] }, optimizer: { learningRate: "high", groups: [{}, { match: "head." }] }, data: null, batchSize: 8 } };
    await write({ "config.resolved.json": JSON.stringify(strange), "metrics.jsonl": lines, "train.log": "" });
    const { facts } = (await readRun(folder)).run;
    expect(facts).toMatchObject({ method: { options: {} }, views: { groups: [] }, optimizer: { learningRate: NaN, groups: [{ match: "head." }] }, batchSize: 8, accumulate: 1 });
  });

  it("reads a run of an older version: its loss, its rates, and how it ended", async () => {
    const old = ill.logged.filter(({ step }) => step > 0).map(({ step, loss, learningRate, gradientNorm, metrics }) => `${JSON.stringify({ step, loss, learningRate, gradientNorm, metrics, memoryMb: 300 })}\n`);
    const ended = `${time} ended: [@ssl-vit/trainer] loss at step 407: expected a finite number, received NaN; the first tensor that is not finite is head.last.weight. Training diverged; what was saved before is intact.\n`;
    await write({ "config.resolved.json": config, "metrics.jsonl": old.join(""), "train.log": ended });
    const { run, missing, state } = await readRun(folder);
    expect(state).toBe("ended early");
    expect(missing).toEqual([expect.stringContaining("No line of metrics.jsonl has signals")]);
    expect(run.totalSteps).toBe(500);
    expect(run.logged.at(-1)).toMatchObject({ step: 407, failure: { what: "loss", origin: "head.last.weight" } });
    expect(diagnose(run).map(({ name }) => name)).toEqual(["bfloat16-overflow", "not-finite"]);
    expect(diagnose(run)[1]!.evidence).toMatchObject({ lost: "loss", origin: "head.last.weight" });
  });

  it("does not tell an error twice", async () => {
    const failure = { step: 407, failure: { message: "no number", what: "loss" } };
    await write({ "config.resolved.json": config, "metrics.jsonl": `${lines}${JSON.stringify(failure)}\n`, "train.log": `${time} ended: no number\n` });
    const { run, state } = await readRun(folder);
    expect(run.logged.filter((line) => line.failure !== undefined)).toEqual([failure]);
    expect(state).toBe("ended early");
  });

  it.each([
    ["stopped after step 30, saved step-00000030", "ended early"],
    ["time is up: stopped after step 30, saved step-00000030", "ended early"],
    ["ended: out of memory", "ended early"],
    ["ended: out of memory\nresumed from step-00000030", "unknown"],
    ["stopped after step 30\nresumed from step-00000030\nfinished 400 steps", "finished"],
    ["loss fell", "unknown"],
  ] as const)("takes the last word of train.log: %j", async (said, state) => {
    const log = said.split("\n").map((message) => `${time} ${message}\n`);
    await write({ "config.resolved.json": config, "metrics.jsonl": lines, "train.log": log.join("") });
    expect((await readRun(folder)).state).toBe(state);
  });

  it("tells without train.log what the steps tell", async () => {
    await write({ "config.resolved.json": config, "metrics.jsonl": lines });
    expect(await readRun(folder)).toMatchObject({ state: "finished", missing: [expect.stringContaining("There is no train.log")] });
  });

  it("counts the steps of a run that was asked for in epochs", async () => {
    const inEpochs = { run: { ...ill.facts, accumulate: 2 }, length: { epochs: 3 } };
    await write({ "config.resolved.json": JSON.stringify(inEpochs), "train.log": "" });
    const { run, missing } = await readRun(folder);
    expect(run.totalSteps).toBe(60); // 4,000 images, 100 a batch, two batches a step
    expect(missing[0]).toContain("There is no metrics.jsonl");
  });

  it("tells of a file that cannot be read as of one that is not there", async () => {
    await mkdir(join(folder, "metrics.jsonl"));
    await write({ "config.resolved.json": config, "train.log": "" });
    expect((await readRun(folder)).missing[0]).toContain("metrics.jsonl cannot be read");
  });

  it("refuses what is no run, naming it", async () => {
    await expect(readRun(folder)).rejects.toThrow(/expected a run's folder.*nothing in it/s);
    await expect(readRun(join(folder, "nowhere"))).rejects.toThrow(/expected a run's folder.*nowhere, which is not there/s);
    await write({ "photo.jpg": "", "notes.txt": "" });
    await expect(readRun(folder)).rejects.toMatchObject({ name: "ConfigError", message: expect.stringContaining("photo.jpg") as string });
    await expect(readRun(join(folder, "nowhere"))).rejects.toMatchObject({ name: "ConfigError", message: expect.stringContaining("nowhere") as string });
    await expect(readRun(join(folder, "notes.txt"))).rejects.toMatchObject({ name: "ConfigError" });
  });
});
