// PyTorch's side, stopped in the middle of a training and started again, ends with the bytes of one that was not.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { imageOrder } from "../image-order.js";

const python = join(cacheFolder(), "peer", "bin", "python");
const isMissing = !existsSync(python);
if (isMissing) console.log(`SKIPPED: trainings of PyTorch's side that are stopped, without ${python}`);

const STEPS = 8;
const script = fileURLToPath(new URL("../peer_train.py", import.meta.url));

/** A shard of noise with labels. */
const writeShard = `
import io, sys, tarfile
import numpy as np
from PIL import Image

pixels = np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), np.uint8)
with tarfile.open(sys.argv[1], "w") as shard:
    for number, values in enumerate(pixels):
        image = io.BytesIO()
        Image.fromarray(values).save(image, "png")
        for name, content in ((f"{number:03}.png", image.getvalue()), (f"{number:03}.cls", str(number % 10).encode())):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            shard.addfile(member, io.BytesIO(content))
`;

let folder = "";
let shard = "";
beforeAll(() => {
  if (isMissing) return;
  folder = mkdtempSync(join(tmpdir(), "parity-peer-"));
  shard = join(folder, "noise-000000.tar");
  expect(spawnSync(python, ["-c", writeShard, shard], { encoding: "utf8" }).stderr).toBe("");
});
afterAll(() => { if (folder !== "") rmSync(folder, { recursive: true }); });

/** A training of ours, for its configuration, and the parameters of the same one there. */
async function training(method: string): Promise<(out: string, saveEvery: number) => string[]> {
  const ours = join(folder, method);
  await runSslVit(["pretrain", "--method", method, "--preset", "small", "--data", shard, "--steps", String(STEPS), "--batch-size", "8", "--workers", "0", "--out", ours, "--overwrite"], new AbortController().signal);
  const config = join(ours, "config.resolved.json");
  const { run } = JSON.parse(readFileSync(config, "utf8")) as { run: { seed: number } };
  const order = join(folder, `${method}.json`);
  writeFileSync(order, JSON.stringify(await imageOrder({ location: shard, batchSize: 8, steps: STEPS, seed: run.seed })));
  return (out, saveEvery) => {
    mkdirSync(out, { recursive: true });
    return [script, config, order, out, "--threads", "1", "--save-every", String(saveEvery)];
  };
}

const linesOf = (path: string): number => (existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0);

/** Sends a signal after some steps. What ended it: a code or a signal. */
async function stopWithin(parameters: string[], out: string, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  const child = spawn(python, parameters, { stdio: "ignore", env: { ...process.env, OMP_NUM_THREADS: "1" } });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => { child.on("close", (code, by) => { resolve(by ?? code); }); });
  while (child.exitCode === null && linesOf(join(out, "metrics.jsonl")) < 2) await setTimeout(5);
  child.kill(signal);
  return ended;
}

function finish(parameters: string[]): { resumed_from?: number; training_seconds?: number } {
  const { status, stdout, stderr } = spawnSync(python, parameters, { encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1" } });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as { resumed_from?: number; training_seconds?: number };
}

const bytesOf = (out: string): Buffer[] => ["metrics.jsonl", "model.safetensors", "config.json"].map((name) => readFileSync(join(out, name)));

test.skipIf(isMissing).each([["simclr", "SIGTERM", 143], ["dino", "SIGKILL", "SIGKILL"], ["mae", "SIGINT", 130], ["byol", "SIGKILL", "SIGKILL"]] as const)("%s, stopped by %s, ends with the very losses and weights", { timeout: 600_000 }, async (method, signal, ends) => {
  const parametersOf = await training(method);
  const [whole, stopped] = [join(folder, `${method}-whole`), join(folder, `${method}-stopped`)];
  // One that saves nothing while it goes, and one that saves after each step.
  expect(finish(parametersOf(whole, 1e6)).training_seconds).toBeGreaterThan(0);
  expect(linesOf(join(whole, "metrics.jsonl"))).toBe(STEPS);
  expect(await stopWithin(parametersOf(stopped, 0), stopped, signal)).toBe(ends);
  const { resumed_from: from, training_seconds: seconds } = finish(parametersOf(stopped, 0));
  // A kill may come between a line and the state that goes with it.
  expect(from).toBeGreaterThanOrEqual(1);
  expect(from).toBeLessThan(STEPS);
  // The whole was not timed.
  expect(seconds).toBeUndefined();
  expect(bytesOf(stopped)).toEqual(bytesOf(whole));
});

test.skipIf(isMissing)("what was saved of another training is left alone, and said", { timeout: 600_000 }, async () => {
  const parametersOf = await training("mae");
  const out = join(folder, "mae-other");
  await stopWithin(parametersOf(out, 0), out, "SIGKILL");
  const parameters = parametersOf(out, 1e6).map((parameter) => (parameter === join(folder, "mae.json") ? join(folder, "mae-shorter.json") : parameter));
  const order = JSON.parse(readFileSync(join(folder, "mae.json"), "utf8")) as { batches: number[][] };
  writeFileSync(join(folder, "mae-shorter.json"), JSON.stringify({ ...order, batches: order.batches.slice(0, 3) }));
  const { stderr } = spawnSync(python, parameters, { encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1" } });
  expect(stderr).toContain("state.pt is of another training, code or version: this one begins anew");
  expect(linesOf(join(out, "metrics.jsonl"))).toBe(3);
});
