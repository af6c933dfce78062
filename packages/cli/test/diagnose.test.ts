import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Diagnosis } from "@ssl-vit/core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { run } from "../src/index.js";
import { createProgressLine } from "../src/progress-line.js";
import { tellingSignals } from "../src/telling-signals.js";
import { captureOutput } from "./capture-output.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-diagnose-"));
const at = (name: string): string => join(folder, name);
const captured = captureOutput();

interface Answer {
  readonly healthy: boolean | null;
  readonly diagnoses: readonly { readonly name: string; readonly confidence: number; readonly step: number; readonly evidence: object; readonly advice: string; readonly change?: { readonly option: string; readonly to: unknown } }[];
  readonly state: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly missing: readonly string[];
  readonly why?: string;
}

/** What a trainer writes into its run's folder, of the process that runs this test. */
function ownLock(): Readonly<Record<string, unknown>> {
  const stat = existsSync("/proc/self/stat") ? readFileSync("/proc/self/stat", "utf8") : "";
  const boot = existsSync("/proc/sys/kernel/random/boot_id") ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : "";
  return { pid: process.pid, host: hostname(), boot, processStart: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0), since: new Date().toISOString() };
}

/** What the command answers with --json, which is all that it prints. */
async function answerOf(name: string, ...more: readonly string[]): Promise<Answer> {
  captured.printed = "";
  expect(await run(["diagnose", at(name), "--json", ...more]), captured.told).toBe(0);
  expect(captured.printed).toMatch(/^\{.*\}\n$/);
  return JSON.parse(captured.printed) as Answer;
}

const pretrain = (out: string, ...more: readonly string[]): Promise<number> => {
  const tiny = ["--set", "model.embedDim=16", "model.depth=2", "model.numHeads=2", "method.hiddenDim=16", "method.bottleneckDim=8", "method.prototypes=32"];
  return run(["pretrain", "--method", "dino", "--data", at("photos"), "--out", at(out), "--engine", "cpu", "--image-size", "16", "--batch-size", "8", "--workers", "0", "--steps", "4", ...more, ...tiny]);
};

/** Copies the run that was trained, with other numbers, and another end. */
function withLog(name: string, lines: readonly object[], end = "finished 200 steps"): void {
  cpSync(at("run"), at(name), { recursive: true });
  rmSync(at(`${name}/plots`), { recursive: true, force: true });
  writeFileSync(at(`${name}/metrics.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  writeFileSync(at(`${name}/train.log`), `2026-01-01T00:00:00.000Z ${end}\n`);
}

/** Makes a run one in whose settings nothing is wrong: the images are not too few, the warm-up is not too long. */
function withSoundSettings(name: string): void {
  const path = at(`${name}/config.resolved.json`);
  const config = JSON.parse(readFileSync(path, "utf8")) as { run: { data: object; optimizer: object } };
  const run = { ...config.run, data: { ...config.run.data, images: 1000 }, optimizer: { ...config.run.optimizer, warmupEpochs: 0 } };
  writeFileSync(path, JSON.stringify({ ...config, run }));
}

/** What a run logs whose output is the same for all images. */
const uniformAt = (step: number): object => ({
  step,
  totalSteps: 200,
  loss: Math.log(32),
  learningRate: 1e-4,
  gradientNorm: 1e-4,
  dataWaitShare: 0.01,
  signals: { lossMean: Math.log(32), lossMin: Math.log(32), lossMax: Math.log(32), uninformedLoss: Math.log(32), alternatives: 32, studentEntropy: 1, teacherEntropy: 1, studentTemperature: 0.1, teacherTemperature: 0.07, scoreSpread: 1e-5, teacherScoreSpread: 1e-5, updateRatio: 3e-3, embeddingDeviation: 0.4 },
});
const uniform = Array.from({ length: 41 }, (_, look) => uniformAt(5 * look));

beforeAll(async () => {
  for (const [label, index] of [["red", 0], ["blue", 2]] as const) {
    mkdirSync(at(`photos/${label}`), { recursive: true });
    for (let picture = 0; picture < 12; picture++) {
      const color = [40, 40, 40];
      color[index] = 130 + 9 * picture;
      const [r, g, b] = color as [number, number, number];
      await sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } }).toFile(at(`photos/${label}/${picture}.png`));
    }
  }
  expect(await pretrain("run", "--signals-every", "1", "--log-every", "100"), captured.told).toBe(0);
  withLog("uniform", uniform);
});
afterAll(() => { rmSync(folder, { recursive: true }); });
afterEach(() => { process.exitCode = undefined; });

describe("ssl-vit diagnose", () => {
  it("names what is wrong, by what, and what to change, for a person", async () => {
    expect(await run(["diagnose", at("uniform"), "--no-plots"]), captured.told).toBe(0);
    expect(captured.printed).toMatch(/^run {7}.*uniform: finished\nmethod {4}dino, preset small\nmodel {5}2 blocks of 16, 2 heads, patches of \d px in 16 × 16 px\ndata {6}24 images \(folder\) in .*photos\nsteps {5}200 of 200, 8 images each; adamw, learning rate [\d.e-]+/);
    expect(captured.printed).toMatch(/\n1\. The output is uniform \(uniform-output, \d\d % sure, since step \d+\)\. Evidence: /);
    expect(captured.printed).toContain("\n   change    --set method.teacherTemperature=0.04\n   more      ssl-vit diagnose --explain uniform-output\n");
    for (const line of captured.printed.split("\n").slice(5)) if (!line.startsWith("|")) expect(line.length).toBeLessThanOrEqual(110);
    expect(captured.printed).toMatch(/\| student's entropy ÷ ln K +\| +1 \(0\) \| +1 \(100\) \| +1 \(200\) \|/);
    expect(existsSync(at("uniform/plots"))).toBe(false);
  });

  it("answers a program with one JSON object alone, the likeliest first", async () => {
    const { healthy, diagnoses, state, step, totalSteps } = await answerOf("uniform");
    expect({ healthy, state, step, totalSteps }).toEqual({ healthy: false, state: "finished", step: 200, totalSteps: 200 });
    expect(diagnoses[0]).toMatchObject({ name: "uniform-output", change: { option: "method.teacherTemperature", to: 0.04 } });
    for (const { name, confidence, evidence, advice } of diagnoses) {
      expect([name, advice].every((text) => text !== "")).toBe(true);
      expect(confidence).toBeGreaterThanOrEqual(0.5);
      expect(Object.keys(evidence).length).toBeGreaterThan(0);
    }
    expect(captured.told).toContain(`drew      ${at("uniform/plots/diagnosis.svg")}, ${at("uniform/plots/diagnosis.png")}`);
  });

  it("draws one picture with the failure marked, again each time, or elsewhere; never over another file", async () => {
    mkdirSync(at("uniform/plots"), { recursive: true });
    writeFileSync(at("uniform/plots/diagnosis.svg"), "of an earlier look");
    await answerOf("uniform");
    const svg = readFileSync(at("uniform/plots/diagnosis.svg"), "utf8");
    expect(svg).toContain("uniform-output");
    expect(svg).toContain("knowing nothing of the image");
    expect((await sharp(at("uniform/plots/diagnosis.png")).metadata()).width).toBeGreaterThan(1000);

    rmSync(at("uniform/plots"), { recursive: true });
    await answerOf("uniform", "--out", at("elsewhere.svg"));
    expect(readFileSync(at("elsewhere.svg"), "utf8")).toBe(svg);
    expect(existsSync(at("uniform/plots"))).toBe(false);
    expect(await run(["diagnose", at("uniform"), "--out", at("elsewhere.svg")])).toBe(2);
    expect(captured.told).toContain("elsewhere.svg, which exists. Name another one, or add --overwrite.");
    expect(await run(["diagnose", at("uniform"), "--out", at("elsewhere.jpg")])).toBe(2);
  });

  it("answers without a picture where the folder cannot be written", async () => {
    withLog("unwritable", uniform);
    writeFileSync(at("unwritable/plots"), "a file where the folder would be");
    expect((await answerOf("unwritable")).healthy).toBe(false);
    expect(captured.told).toMatch(/no picture .*--out FILE.svg draws it elsewhere/);
  });

  it("exits with 1 for scripts that ask for it", async () => {
    expect(await run(["diagnose", at("uniform"), "--no-plots", "--exit-code"])).toBe(1);
  });

  it("explains a failure by its page, and lists all", async () => {
    expect(await run(["diagnose", "--explain", "uniform-output"]), captured.told).toBe(0);
    expect(captured.printed).toMatch(/^# The output is uniform/);
    expect(await run(["diagnose", "--explain", "uniform-outptu"])).toBe(2);
    expect(captured.told).toContain('Did you mean "uniform-output"?');
    expect(await run(["diagnose", "--explain", "learning-rate"])).toBe(2);
    expect(captured.told).toContain('Did you mean "learning-rate-too-high" or "learning-rate-too-low"?');
    expect(await run(["list", "diagnoses", "--json"])).toBe(0);
    expect(captured.printed).toContain('{"name":"starving-loader","title":"Training waits for images"}');
  });

  it("says what it can of a run that is still at it, was killed in a line, or ended by an error", async () => {
    withLog("cut", uniform.slice(0, 31), "method");
    appendFileSync(at("cut/metrics.jsonl"), '{"step":155,"loss":3.4');
    const cut = await answerOf("cut");
    expect(cut).toMatchObject({ healthy: false, step: 150, totalSteps: 200, state: "unknown" });
    expect(cut.missing.length).toBeGreaterThan(0);

    writeFileSync(at("cut/run.lock"), JSON.stringify(ownLock()));
    expect((await answerOf("cut")).state).toBe("running");
    expect(await run(["diagnose", at("cut"), "--no-plots"])).toBe(0);
    expect(captured.printed).toContain(`still running (process ${process.pid} on ${hostname()}): what follows is of its first 150 steps`);
    // A process that is gone holds nothing, nor does one that has its number since.
    for (const gone of [{ pid: 2 ** 30 }, { processStart: 1 }, { boot: "of another start" }]) {
      writeFileSync(at("cut/run.lock"), JSON.stringify({ ...ownLock(), ...gone }));
      expect((await answerOf("cut", "--no-plots")).state).toBe("unknown");
    }
    withLog("stopped", uniform.slice(0, 31), "stopped after step 150, saved step-00000150");
    expect((await answerOf("stopped", "--no-plots")).state).toBe("ended early");

    withLog("failed", [...uniform.slice(0, 3), { step: 11, failure: { message: "loss: expected a finite number, received NaN", what: "loss", origin: "blocks.0.attn.qkv.weight" } }], "ended: loss");
    expect(await run(["diagnose", at("failed"), "--no-plots"])).toBe(0);
    expect(captured.printed).toContain("failed: ended by an error: loss: expected a finite number");
    expect((await answerOf("failed", "--no-plots")).diagnoses.map(({ name }) => name)).toContain("not-finite");
  });

  it("says what is missing of a run of an older version, and of one that logged nothing", async () => {
    withLog("older", Array.from({ length: 20 }, (_, line) => ({ step: 10 * (line + 1), totalSteps: 200, loss: 3 - line / 100, metrics: {}, learningRate: 1e-3, gradientNorm: 1, dataWaitShare: 0.01 })));
    withSoundSettings("older");
    const { healthy, why, missing } = await answerOf("older");
    expect([healthy, why]).toEqual([null, "no signals were logged to judge by"]);
    expect(missing.join()).toMatch(/signal/);
    expect(readFileSync(at("older/plots/diagnosis.svg"), "utf8")).toContain("too little to judge by");

    withLog("empty", []);
    expect(await answerOf("empty")).toMatchObject({ healthy: null, diagnoses: [], step: 0 });
    expect(await run(["diagnose", at("empty")])).toBe(0);
    expect(captured.printed).toContain("unknown   whether it is healthy cannot be told: no signals were logged to judge by\n");
    expect(existsSync(at("empty/plots"))).toBe(false);
  });

  it.each([
    [1, 200, null, "signals of 1 step were logged; it takes 3"],
    [2, 200, null, "signals of 2 steps were logged; it takes 3"],
    [4, 1000, null, "only 15 of 1000 steps are done; it takes a tenth"],
    [4, 150, true, undefined],
  ])("calls a run with %d looks of %d steps healthy: %s", async (looks, totalSteps, healthy, why) => {
    const name = `young-${looks}-${totalSteps}`;
    withLog(name, Array.from({ length: looks }, (_, look) => ({ ...uniformAt(5 * look), totalSteps, loss: 3 - look / 10, signals: { embeddingDeviation: 0.8 } })));
    withSoundSettings(name);
    const answer = await answerOf(name, "--no-plots");
    expect([answer.diagnoses, answer.healthy, answer.why]).toEqual([[], healthy, why]);
    expect(await run(["diagnose", at(name), "--no-plots", "--exit-code"])).toBe(0);
    expect(captured.printed).toContain(why === undefined ? "\nhealthy   nothing is wrong by what was logged\n" : `\nunknown   whether it is healthy cannot be told: ${why}\n`);
  });

  it.each([
    [["none"], "expected"],
    [[], "diagnose: expected a run's folder, received nothing. Example: ssl-vit diagnose runs/dino"],
    [["photos"], "expected"],
  ])("refuses %j", async (names, message) => {
    expect(await run(["diagnose", ...names.map(at)])).toBe(2);
    expect(captured.told).toContain(message);
    for (const name of names) expect(existsSync(at(`${name}/plots`))).toBe(false);
  });
});

describe("pretrain", () => {
  const logOf = (name: string): { readonly step: number; readonly signals?: Readonly<Record<string, number>> }[] =>
    readFileSync(at(`${name}/metrics.jsonl`), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { step: number; signals?: Record<string, number> });

  it("logs signals of the steps that it looks at, and none with --no-diagnose; the bytes of the run are the same", async () => {
    expect(logOf("run").filter(({ signals }) => signals !== undefined).map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    for (const name of ["embeddingDeviation", "featureDeviation", "uninformedLoss", "studentEntropy"]) expect(logOf("run")[0]!.signals, name).toHaveProperty(name);
    expect(logOf("run").at(-1)!.signals).toHaveProperty("teacherMomentum");

    expect(await pretrain("plain", "--no-diagnose"), captured.told).toBe(0);
    expect(captured.told).not.toContain("healthy");
    expect(logOf("plain").every(({ signals }) => signals === undefined)).toBe(true);
    const digestsOf = (name: string): string[] =>
      ["model.safetensors", "training.safetensors"].map((file) => createHash("sha256").update(readFileSync(at(`${name}/checkpoints/step-00000004/${file}`))).digest("hex"));
    expect(digestsOf("run")).toEqual(digestsOf("plain"));
  });

  it("says on its line how the run is, and names at the end what was found", async () => {
    // Each image is of one color.
    expect(await pretrain("blind", "--signals-every", "1", "--steps", "2"), captured.told).toBe(0);
    const [, name] = /step 2\/2 · loss [\d.]+ · ([a-z-]+) · /.exec(captured.told)!;
    expect(name).toBe("constant-images");
    expect(captured.told).toMatch(/diagnosis constant-images \(\d\d %\) since step \d+(, and \d+ more)? · ssl-vit diagnose .*blind\n/);
    expect((await answerOf("blind", "--no-plots")).diagnoses[0]!.name).toBe("constant-images");
    // Two steps of three an epoch, with a warm-up of one: what is to be expected of a trial is told, and is no failure.
    expect(captured.told).toContain("warm-up   1 epoch, the run 0.67: the learning rate is still rising at its end\n");
    expect(captured.told).not.toContain("learning-rate-too-low");
  });
});

it("pretrain leads from an error to its diagnosis", async () => {
  expect(await pretrain("exploded", "--signals-every", "1", "--steps", "8", "--learning-rate", "1e30")).toBe(1);
  expect(captured.told).toContain(`why       ssl-vit diagnose ${at("exploded")}\n`);
  const { healthy, state, diagnoses } = await answerOf("exploded", "--no-plots");
  expect([healthy, state]).toEqual([false, "failed"]);
  expect(diagnoses.map(({ name }) => name)).toContain("not-finite");
});

describe("the progress line", () => {
  const numbers = { totalEpochs: 10, loss: 2, metrics: {}, learningRate: 1e-3, gradientNorm: 1, seconds: 1, imagesPerSecond: 10, dataWaitShare: 0, memoryMb: 1, secondsLeft: 1 };
  const uniformOutput = { name: "uniform-output", title: "The output is uniform", confidence: 0.9, step: 10, evidence: {}, explanation: "", advice: "" };
  /** What it shows of the last step of a run that ends there, with the looks at its steps. */
  const lineOf = (looks: readonly number[], totalSteps: number, diagnoses?: readonly Diagnosis[]): string => {
    const line = createProgressLine(false);
    for (const step of looks) {
      captured.told = "";
      line.show({ ...numbers, step, totalSteps, epoch: 1, signals: { embeddingDeviation: 0.8 }, evaluation: {}, ...(diagnoses === undefined ? {} : { diagnoses }) });
    }
    return captured.told;
  };

  it.each([
    [[10, 20, 30], 100, undefined, "loss 2.0000 · lr"],
    [[10, 20, 30], 100, [], "loss 2.0000 · healthy · lr"],
    [[10, 20], 100, [], "loss 2.0000 · lr"],
    [[10, 20, 30], 1000, [], "loss 2.0000 · lr"],
    [[1], 1000, [uniformOutput], "loss 2.0000 · uniform-output · lr"],
  ])("after looks at steps %j of %d says %j in a word", (looks, totalSteps, diagnoses, text) => {
    expect(lineOf(looks, totalSteps, diagnoses)).toContain(text);
  });
});

it("what tells of a failure is what was measured, where its evidence has another name", () => {
  expect(tellingSignals({ name: "one-prototype", evidence: { teacherUsage: 1, alternatives: 32 } })).toEqual(["teacherUsage", "alternatives"]);
  expect(tellingSignals({ name: "poor-transfer", evidence: { own: 0.5 } })).toContain("otherKnnTop1");
  expect(tellingSignals({ name: "not-finite", evidence: { lost: "loss" } })).toEqual(["lost", "loss", "gradientNorm"]);
});
