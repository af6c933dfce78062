import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openResultsFile } from "../results-file.js";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "ssl-vit-quality-test-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

const circumstances = { cpu: "a processor", imagesSeen: 640 };
const open = (flags: { resume?: boolean; overwrite?: boolean; circumstances?: Record<string, unknown> } = {}) =>
  openResultsFile("results", { benchmark: "quality", out, circumstances, table: (measurements) => `${measurements.length} rows\n`, ...flags });

test("every measurement is on the disk with its table as soon as it is there", () => {
  const results = open();
  results.add({ method: "mae", seed: 0 });
  results.add({ method: "mae", seed: 1 });
  expect(JSON.parse(readFileSync(join(out, "results.json"), "utf8"))).toMatchObject({ circumstances, measurements: [{ seed: 0 }, { seed: 1 }] });
  expect(readFileSync(join(out, "results.md"), "utf8")).toBe("2 rows\n");
  expect(results.find({ method: "mae", seed: 1 })).toBeDefined();
  expect(results.find({ method: "mae", seed: 2 })).toBeUndefined();
});

test("goes on only under the same circumstances, and says what differs", () => {
  expect(() => open({ resume: true })).toThrow("no such file. Without --resume a sitting begins.");
  open().add({ method: "mae", seed: 0 });
  expect(open({ resume: true }).measurements).toEqual([{ method: "mae", seed: 0 }]);
  expect(() => open({ resume: true, circumstances: { ...circumstances, imagesSeen: 128 } })).toThrow(/--resume, imagesSeen: expected 640 as in .*, received 128\. Begin anew/);
  expect(() => open({ resume: true, circumstances: { cpu: "a processor" } })).toThrow(/--resume, imagesSeen: expected 640 as in .*, received none/);
});

test("an earlier sitting is replaced only when asked to", () => {
  open().add({ method: "mae", seed: 0 });
  expect(() => open()).toThrow(/expected no earlier sitting, received one of .* with 1 measurements\. Continue it with --resume/);
  expect(open({ overwrite: true }).measurements).toEqual([]);
});

test("one that was stopped before its first measurement goes on, or begins anew unasked", () => {
  open();
  expect(open({ resume: true }).measurements).toEqual([]);
  expect(open({ circumstances: { cpu: "another" } }).measurements).toEqual([]);
  expect(() => open({ resume: true })).toThrow("--resume, cpu: expected \"another\"");
});
