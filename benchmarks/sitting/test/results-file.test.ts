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

const versions = { os: "Linux 6 x64", node: "20.0.0", tfjs: "4.22.0", engines: { native: "0.1.0 avx2" } };
const saved = () => JSON.parse(readFileSync(join(out, "results.json"), "utf8")) as { versions?: unknown };

test("what is installed is kept with the measurements, and a sitting goes on under the same only", () => {
  const results = open();
  results.noteVersions(versions);
  results.add({ method: "mae", seed: 0 });
  expect(saved().versions).toEqual(versions);
  const again = open({ resume: true });
  again.noteVersions(versions);
  again.add({ method: "mae", seed: 1 });
  expect(saved().versions).toEqual(versions);
  expect(() => { open({ resume: true }).noteVersions({ ...versions, engines: { native: "0.1.0 avx512" } }); }).toThrow(/--resume, engines: expected \{"native":"0\.1\.0 avx2"\} as in .*, received \{"native":"0\.1\.0 avx512"\}\. Begin anew/);
  expect(() => { open({ resume: true }).noteVersions({ ...versions, python: { torch: "2.15.0" } }); }).toThrow(/--resume, python: expected none as in/);
  const anew = open({ overwrite: true });
  anew.noteVersions({ ...versions, node: "22.0.0" });
  anew.add({ method: "mae", seed: 0 });
  expect(saved().versions).toEqual({ ...versions, node: "22.0.0" });
});

test("a sitting from before versions were noted goes on without them", () => {
  open().add({ method: "mae", seed: 0 });
  const results = open({ resume: true });
  results.noteVersions(versions);
  results.add({ method: "mae", seed: 1 });
  expect(saved()).not.toHaveProperty("versions");
  expect(results.measurements).toHaveLength(2);
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
