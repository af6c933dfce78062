import { expect, test } from "vitest";
import { diskProblem, diskTable } from "../disk.js";
import { estimatesProblem, estimatesTable } from "../estimates.js";
import { eventsProblem, eventsTable, notOnce } from "../events.js";
import { longProblem, longTable } from "../long.js";
import { overheadProblem, overheadTable } from "../overhead.js";

test("disk: what is said, and whether it is what must be said", () => {
  const full = { name: "a full disk", code: 1, error: "checkpoint x: expected room for 25.5 MB, received a full disk. Make room, then go on with --resume", kept: "step-00000002", resumed: "step-00000002", equal: true };
  expect(diskTable([full])).toContain("| a full disk | 1 |");
  expect(diskTable([{ name: "a full disk", skipped: "skipped: no right" }])).toContain("| a full disk | – | skipped: no right |");
  expect(diskProblem([full, { name: "a full disk", skipped: "skipped: no right" }])).toBeUndefined();
  for (const wrong of [{ code: 0 }, { error: "ENOSPC" }, { equal: false }, { resumed: "step-00000001" }]) expect(diskProblem([{ ...full, ...wrong }])).toMatch(/^a full disk: expected exit code 1/);
});

test.each([
  ["a resume on a full disk", { code: 1, error: "error: the run's folder run: expected a folder that can be written, received a full disk. Make room, then go on with --resume (resume: true)" }, { error: "error: ENOSPC: no space left on device, write" }],
  ["a resume on a read-only disk", { code: 1, error: "error: run: expected x, received a read-only file system. Make it writable, then go on with --resume" }, { error: "error: EROFS" }],
  ["a bit flipped in the step of state.json", { code: 0, error: "checkpoint step-00000004 cannot be used: state.json: expected a checkpoint's state" }, { error: "checkpoint step-00000004 cannot be used: model.safetensors: expected" }],
  ["SIGINT", { code: 130, error: "stopped after step 3, saved step-00000003" }, { code: 143 }],
  ["SIGTERM", { code: 143, error: "stopped after step 3, saved step-00000003" }, { code: 0 }],
  ["two processes that start at once in one new folder (3 times)", { code: 2, error: "error: out: expected a new or empty folder, received run" }, { code: "0 and 0" }],
])("disk: %s", (name, right, wrong) => {
  expect(diskProblem([{ name, ...right, equal: true }])).toBeUndefined();
  for (const change of [wrong, { equal: false }, { kept: "step-00000003", resumed: "step-00000002" }]) expect(diskProblem([{ name, ...right, equal: true, ...change }])).toContain(`${name}: expected exit code`);
});

test("estimates: off by more than a quarter is a failure", () => {
  const near = { method: "mae", steps: 60, estimatedSeconds: 10, seconds: 9, estimatedMb: 400, mb: 480 };
  expect(estimatesTable([near])).toContain("| mae | 60 | 10.0 | 9.0 | +11.1 % | 400 | 480 | -16.7 % |");
  expect(estimatesProblem([near])).toBeUndefined();
  expect(estimatesProblem([near, { ...near, seconds: 7.9 }])).toMatch(/mae beyond it/);
  expect(estimatesProblem([{ ...near, mb: 540 }])).toMatch(/mae beyond it/);
});

test("events: every scalar and every whole record, and of a folder every step once", () => {
  const file = { file: "the file from step 1", scalars: 64, different: 0, cuts: 216, wrong: 0 };
  const folder = { file: "the folder", scalars: 160, different: 0, notOnce: [] };
  expect(eventsTable([file, folder])).toContain("| the file from step 1 | 64 | 0 | 216 | 0 | – |\n| the folder | 160 | 0 | – | – | none |");
  expect(eventsProblem([file, folder])).toBeUndefined();
  for (const bad of [{ scalars: 0 }, { different: 1 }, { wrong: 1 }, { notOnce: ["train/loss"] }]) expect(eventsProblem([{ ...file, ...bad }])).toMatch(/^expected every scalar/);
  expect(notOnce({ loss: [[1, 0.5], [2, 0.4], [3, 0.3]] }, 3)).toEqual([]);
  for (const steps of [[1, 2], [1, 2, 2, 3], [1, 3, 2], [1, 2, 3, 4]]) expect(notOnce({ loss: steps.map((step): [number, number] => [step, 0.5]) }, 3)).toEqual(["loss"]);
});

test("overhead: shares at default settings; that of saves follows from the rule and is no check", () => {
  const small = { method: "mae", parameters: 108, ownMs: 0.4, logMs: 1, saveMs: 300, stepMs: 100, loaderMs: 1 };
  // A save of 0.3 s each minute; a line each ten steps.
  expect(overheadTable([small])).toContain("| mae | 108 | 100.0 | 0.400 | 0.40 % | 1.000 | 0.10 % | 300 | 0.50 % |");
  // A save of a minute waits for 100 of them.
  expect(overheadTable([{ ...small, saveMs: 60_000 }])).toContain("| 60000 | 1.00 % |");
  expect(overheadProblem([small])).toBeUndefined();
  expect(overheadProblem([{ ...small, ownMs: 1.1 }])).toMatch(/received more for mae/);
  expect(overheadProblem([{ ...small, logMs: 11 }])).toMatch(/received more for mae/);
});

test("long: the last tenth beside the first, its speed by a product timed in the same minutes", () => {
  const first = { steps: 100, minutes: 12, wallMs: 900, stepMs: 500, productMs: 10, rss: 500, heap: 20, external: 13, tensors: 300 };
  const last = { ...first, minutes: 120, stepMs: 1040, productMs: 20 };
  const run = (change: object): Parameters<typeof longProblem>[0] => [{ method: "simclr", windows: [first, { ...last, ...change }] }];
  expect(longTable(run({}))).toContain("| simclr | 2/2 | 120 | 100 | 900 | 1040 | 20.0 | 52.00 | 500 | 20.0 | 13.0 | 300 |");
  expect(longProblem(run({}))).toBeUndefined();
  expect(longProblem(run({ rss: 549 }))).toBeUndefined();
  for (const wrong of [{ stepMs: 1060 }, { stepMs: 0, productMs: 0 }, { heap: 26 }, { external: 19 }, { rss: 551 }, { tensors: 301 }]) expect(longProblem(run(wrong))).toMatch(/^expected at most 5 % slower/);
});
