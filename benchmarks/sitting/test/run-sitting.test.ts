import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Plan, runSitting } from "../run-sitting.js";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "ssl-vit-sitting-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

const machine = { cpu: "a processor", node: "20.0.0" };
const rounds = [1, 2, 3];

/** A sitting of three measurements, which notes what it takes and fails at `broken`. */
function sitting({ broken = 0, rounds: count = 3 } = {}): { plan: Plan; taken: number[]; lines: string[] } {
  const taken: number[] = [];
  return {
    taken,
    lines: [],
    plan: {
      name: "test",
      options: { rounds: count },
      prepare: () =>
        Promise.resolve(
          rounds.slice(0, count).map((round) => ({
            key: { round, side: "native" },
            measure: () => {
              if (round === broken) return Promise.reject(new Error("no memory"));
              taken.push(round);
              return Promise.resolve({ ms: round * 10 });
            },
          })),
        ),
      table: (measurements) => `${measurements.length} rows\n`,
      line: ({ round, ms }) => `round ${round}: ${ms}`,
    },
  };
}

const run = ({ plan, lines }: ReturnType<typeof sitting>, flags: { resume?: boolean; overwrite?: boolean; machine?: Record<string, unknown>; signal?: AbortSignal } = {}) =>
  runSitting(plan, { benchmark: "test", out, machine, signal: new AbortController().signal, say: (text) => { lines.push(text); }, ...flags });

test("saves every measurement and says how many are left", async () => {
  const whole = sitting();
  expect(await run(whole)).toEqual(rounds.map((round) => ({ round, side: "native", ms: round * 10 })));
  const saved = JSON.parse(readFileSync(join(out, "test.json"), "utf8")) as { circumstances: unknown; measurements: unknown[] };
  expect(saved.circumstances).toEqual({ ...machine, rounds: 3 });
  expect(saved.measurements).toHaveLength(3);
  expect(readFileSync(join(out, "test.md"), "utf8")).toBe("3 rows\n");
  expect(whole.lines[0]).toMatch(/^round 1: 10 · 2 left, about \d+ s$/);
  expect(whole.lines[2]).toBe("round 3: 30 · none left");
});

test("a sitting that failed keeps what it has, and goes on with the rest only", async () => {
  await expect(run(sitting({ broken: 2 }))).rejects.toThrow("no memory");
  expect(readFileSync(join(out, "test.md"), "utf8")).toBe("1 rows\n");
  const rest = sitting();
  expect(await run(rest, { resume: true })).toHaveLength(3);
  expect(rest.taken).toEqual([2, 3]);
  expect(rest.lines[0]).toContain("1 of 3 measurements are in");
});

test("a sitting that is stopped begins no other measurement, and keeps those it has", async () => {
  const stop = new AbortController();
  const stopped = sitting();
  const { line } = stopped.plan;
  stopped.plan.line = (measurement) => {
    if (measurement["round"] === 2) stop.abort();
    return line(measurement);
  };
  await expect(run(stopped, { signal: stop.signal })).rejects.toThrow("This operation was aborted");
  expect(stopped.taken).toEqual([1, 2]);
  expect(readFileSync(join(out, "test.md"), "utf8")).toBe("2 rows\n");
});

test("what is installed is saved, with the Python that a plan has prepared", async () => {
  const versions = { os: "Linux 6 x64", node: "20.0.0", tfjs: "4.22.0", engines: {} };
  const measured = sitting();
  const { prepare } = measured.plan;
  const withPython = (torch: string): typeof measured => ({ ...measured, plan: { ...measured.plan, prepare: (signal, notePython) => { notePython({ python: "3.11.7", torch }); return prepare(signal, notePython); } } });
  const sit = (torch: string, resume = false) => runSitting(withPython(torch).plan, { benchmark: "test", out, machine, versions, resume, signal: new AbortController().signal, say: () => undefined });
  await sit("2.15.0");
  expect(JSON.parse(readFileSync(join(out, "test.json"), "utf8"))).toMatchObject({ versions: { ...versions, python: { python: "3.11.7", torch: "2.15.0" } } });
  expect(await sit("2.15.0", true)).toHaveLength(3);
  await expect(sit("2.14.0", true)).rejects.toThrow(/--resume, python: expected .*"torch":"2\.15\.0".* as in .*, received .*"torch":"2\.14\.0"/);
});

test("goes on only under the same circumstances, and says what differs", async () => {
  await expect(run(sitting(), { resume: true })).rejects.toThrow("no such file. Without --resume a sitting begins.");
  await run(sitting());
  await expect(run(sitting(), { resume: true, machine: { ...machine, node: "22.0.0" } })).rejects.toThrow(/--resume, node: expected "20\.0\.0" as in .*, received "22\.0\.0"/);
  await expect(run(sitting({ rounds: 2 }), { resume: true })).rejects.toThrow(/--resume, rounds: expected 3 as in .*, received 2/);
  await expect(run(sitting(), { resume: true, machine: { cpu: "a processor" } })).rejects.toThrow(/--resume, node: expected "20\.0\.0" as in .*, received none/);
});

test("an earlier sitting is replaced only when asked to", async () => {
  await run(sitting());
  await expect(run(sitting())).rejects.toThrow(/expected no earlier sitting, received one of .* with 3 measurements\. Continue it with --resume/);
  const again = sitting({ rounds: 2 });
  expect(await run(again, { overwrite: true })).toHaveLength(2);
  expect(again.taken).toEqual([1, 2]);
});
