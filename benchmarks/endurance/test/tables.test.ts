import { expect, test } from "vitest";
import { diskProblem, diskTable } from "../disk.js";
import { estimatesProblem, estimatesTable } from "../estimates.js";
import { eventsProblem, eventsTable } from "../events.js";
import { longProblem, longTable } from "../long.js";
import { overheadProblem, overheadTable } from "../overhead.js";

test("disk: what is said, and whether it is what must be said", () => {
  const full = { name: "a full disk", code: 1, error: "checkpoint x: expected room for 25.5 MB, received a full disk. Make room, then go on with --resume", kept: "step-00000002", resumed: "step-00000002", equal: true };
  expect(diskTable([full])).toContain("| a full disk | 1 |");
  expect(diskTable([{ name: "a full disk", skipped: "skipped: no right" }])).toContain("| a full disk | – | skipped: no right |");
  expect(diskProblem([full, { name: "a full disk", skipped: "skipped: no right" }])).toBeUndefined();
  for (const wrong of [{ code: 0 }, { error: "ENOSPC" }, { equal: false }, { resumed: "step-00000001" }]) expect(diskProblem([{ ...full, ...wrong }])).toMatch(/^a full disk: expected exit code 1/);
});

test("estimates: off by more than a quarter is a failure", () => {
  const near = { method: "mae", steps: 60, estimatedSeconds: 10, seconds: 9, estimatedMb: 400, mb: 480 };
  expect(estimatesTable([near])).toContain("| mae | 60 | 10.0 | 9.0 | +11.1 % | 400 | 480 | -16.7 % |");
  expect(estimatesProblem([near])).toBeUndefined();
  expect(estimatesProblem([near, { ...near, seconds: 7.9 }])).toMatch(/mae beyond it/);
  expect(estimatesProblem([{ ...near, mb: 540 }])).toMatch(/mae beyond it/);
});

test("events: every scalar and every whole record", () => {
  const whole = { file: "from step 1", scalars: 64, different: 0, cuts: 216, wrong: 0 };
  expect(eventsTable([whole])).toContain("| from step 1 | 64 | 0 | 216 | 0 |");
  expect(eventsProblem([whole])).toBeUndefined();
  for (const bad of [{ scalars: 0 }, { different: 1 }, { wrong: 1 }]) expect(eventsProblem([{ ...whole, ...bad }])).toMatch(/^expected every scalar/);
});

test("overhead: shares at default settings", () => {
  const small = { method: "mae", ownMs: 0.4, logMs: 1, saveMs: 300, stepMs: 100, loaderMs: 1 };
  // A save of 0.3 s each minute; a line each ten steps.
  expect(overheadTable([small])).toContain("| mae | 100.0 | 0.400 | 0.40 % | 1.000 | 0.10 % | 300 | 0.50 % | 0.60 % |");
  expect(overheadProblem([small])).toBeUndefined();
  expect(overheadProblem([{ ...small, ownMs: 1.1 }])).toMatch(/received more for mae/);
  expect(overheadProblem([{ ...small, logMs: 20 }])).toMatch(/received more for mae/);
  // However long a save takes, its share stays.
  expect(overheadProblem([{ ...small, saveMs: 60_000 }])).toBeUndefined();
});

test("long: the last tenth beside the first, its speed by a product timed in the same minutes", () => {
  const first = { steps: 100, minutes: 12, wallMs: 900, stepMs: 500, productMs: 10, rss: 500, heap: 20, external: 13, tensors: 300 };
  const last = { ...first, minutes: 120, stepMs: 1040, productMs: 20 };
  const run = (change: object): Parameters<typeof longProblem>[0] => [{ method: "simclr", windows: [first, { ...last, ...change }] }];
  expect(longTable(run({}))).toContain("| simclr | 2/2 | 120 | 100 | 900 | 1040 | 20.0 | 52.00 | 500 | 20.0 | 13.0 | 300 |");
  expect(longProblem(run({}))).toBeUndefined();
  for (const wrong of [{ stepMs: 1060 }, { heap: 26 }, { external: 19 }, { tensors: 301 }]) expect(longProblem(run(wrong))).toMatch(/^expected at most 5 % slower/);
});
