import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { describeOnMpi, type JobOutcome, runRanks } from "./launchers.js";

interface Trained {
  readonly losses: readonly number[];
  readonly evaluations: readonly object[];
  readonly messages: readonly string[];
  readonly weights: string;
}

/** What one process gives, whichever library it was started by. */
const alone = new Map<string, Promise<Trained[]>>();

describeOnMpi("a training on two ranks of", (mpi) => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ssl-vit-distributed-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const job = (ranks: number, scenario: object): Promise<JobOutcome> => runRanks(mpi, ranks, "train", [JSON.stringify(scenario)]);
  const trained = async (ranks: number, scenario: object): Promise<Trained[]> => {
    const { code, said, results } = await job(ranks, scenario);
    expect({ code, said }).toMatchObject({ code: 0 });
    return results as Trained[];
  };
  /** Of two runs' losses, step by step. */
  const largestDifference = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((loss, step) => Math.abs(loss - b[step]!) / Math.abs(b[step]!)));

  it.each([
    ["simclr", "auto", 1],
    ["mae", "auto", 1],
    // Gradients whose memory the engine does not hand out.
    ["simclr", "cpu", 1],
    ["simclr", "auto", 2],
  ] as const)("%s on the %s engine, %i batches a step, has the losses of one process, and the same weights on both ranks", async (method, engine, accumulate) => {
    const scenario = { method, engine, options: { accumulate } };
    const [first, second] = await trained(2, scenario);
    const key = JSON.stringify(scenario);
    if (!alone.has(key)) alone.set(key, trained(1, scenario));
    const [single] = await alone.get(key)!;
    expect(first!.losses).toHaveLength(6);
    expect(second!.losses).toEqual(first!.losses);
    expect(second!.weights).toBe(first!.weights);
    expect(largestDifference(first!.losses, single!.losses)).toBeLessThan(1e-4);
    expect(first!.messages[0]).toMatch(/^2 processes of .*, each with 4 images of a batch: rank 0 on .*; rank 1 on /);
    expect(second!.messages).toEqual([]);
  });

  it("goes on bit for bit on as many ranks, and with the same images on one", async () => {
    const out = (name: string): string => join(folder, name);
    const [whole] = await trained(2, { options: { out: out("whole"), saveEvery: 3 } });
    await trained(2, { options: { out: out("half"), saveEvery: 3, steps: 3 } });
    const [resumed, other] = await trained(2, { options: { out: out("half"), resume: true } });
    expect(resumed!.losses).toEqual(whole!.losses.slice(3));
    expect(resumed!.weights).toBe(whole!.weights);
    expect(other!.weights).toBe(whole!.weights);
    rmSync(out("half"), { recursive: true });
    await trained(2, { options: { out: out("half"), saveEvery: 3, steps: 3 } });
    const [single] = await trained(1, { options: { out: out("half"), resume: true } });
    expect(single!.messages.join("\n")).toMatch(/the run was computed by \w+, 2 processes and goes on with \w+, 1 process: from here on its bytes are not those of an undisturbed run/);
    expect(largestDifference(single!.losses, whole!.losses.slice(3))).toBeLessThan(1e-4);
  });

  it("is judged by all ranks together, keeps an average, and goes on with both", async () => {
    const out = (name: string): string => join(folder, name);
    const options = { averageMomentum: 0.9, saveEvery: 2 };
    const [whole] = await trained(2, { judged: true, options: { ...options, out: out("whole") } });
    expect(whole!.evaluations).toEqual([{ sum: 5 }, { sum: 9 }, { sum: 13 }]);
    expect(whole!.messages).toContain("before training: sum 1.000");
    await trained(2, { judged: true, options: { ...options, out: out("half"), steps: 4 } });
    const [resumed, other] = await trained(2, { judged: true, options: { ...options, out: out("half"), resume: true } });
    expect([resumed, other].map((rank) => rank!.evaluations)).toEqual([[{ sum: 13 }], [{ sum: 13 }]]);
    const average = (name: string): Buffer => readFileSync(join(out(name), "checkpoints/step-00000006/average.safetensors"));
    expect(average("half").equals(average("whole"))).toBe(true);
    expect(readFileSync(join(out("half"), "checkpoints/best"), "utf8")).toBe("step-00000006\n");
  });

  it("ends all when a rank meets NaN, names it, and keeps the last checkpoint", async () => {
    const out = join(folder, "run");
    const { code, said } = await job(2, { nanAt: 4, options: { out, saveEvery: 3 } });
    expect(code).toBe(1);
    expect(said.match(/^error: /gm)).toHaveLength(1);
    expect(said).toMatch(/error: rank 1 of 2 \(.*\): \[@ssl-vit\/trainer\] loss at step 4: expected a finite number, received NaN/);
    expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["last", "step-00000003"]);
    expect(readFileSync(join(out, "train.log"), "utf8")).toMatch(/ended: rank 1 of 2 .* failed: .*loss at step 4/);
    const [resumed] = await trained(2, { options: { out, resume: true } });
    expect(resumed!.losses).toHaveLength(3);
  });

  it.each([
    ["options", { learningRate: 0.1 }, /rank 1 of 2 .*optimizer\.learningRate: expected 0\.05 as on rank 0, received 0\.1\./],
    ["images", { images: 2 }, /rank 1 of 2 .*data\.fingerprint: expected the images of rank 0, received as many others/],
  ])("refuses ranks with other %s before the first step", async (_what, scenario, message) => {
    const { code, said } = await job(2, { ...scenario, options: { out: join(folder, "run") } });
    expect(code).toBe(2);
    expect(said.match(/^error: /gm)).toHaveLength(1);
    expect(said).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("refuses a batch that the ranks cannot share", async () => {
    const { code, said } = await job(2, { options: { batchSize: 7 } });
    expect(code).toBe(2);
    expect(said.match(/^error: /gm)).toHaveLength(1);
    expect(said).toContain("batchSize: expected a multiple of the 2 processes that share it, received 7. It is the batch of all of them together: give 6 or 8 (--batch-size).");
  });

  it("finds a weight that is another one on one rank", async () => {
    const { code, said } = await job(2, { spoilAt: 2 });
    expect(code).toBe(1);
    expect(said.match(/^error: /gm)).toHaveLength(1);
    expect(said).toMatch(/weights at step 3: expected the same on all ranks, received another \S+ on rank 1 \(.*, process \d+\) than on rank 0/);
  });

  it("names the rank where numbers were lost first, though the loss is of all ranks' images", async () => {
    const { code, said } = await job(2, { spoilAt: 2, withNaN: true, options: { compareEvery: 50 } });
    expect(code).toBe(1);
    expect(said.match(/^error: /gm)).toHaveLength(1);
    expect(said).toMatch(/error: rank 1 of 2 .*loss at step 3: expected a finite number, received NaN; the first tensor that is not finite is encoder\./);
  });

  it("tells of images that another rank cannot read", async () => {
    // None of those that tell whether the ranks have the same images.
    const [first] = await trained(2, { brokenImages: [1, 3], options: { steps: 8 } });
    expect(first!.messages.filter((message) => message.startsWith("rank 1: skipped "))).not.toHaveLength(0);
  });
});
