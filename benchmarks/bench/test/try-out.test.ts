import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { suites } from "../suites.js";
import { measurementsIn } from "../try-out.js";

test("measurements are rows of result files and runs that came to their end: one that crashed or failed is none", () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-try-out-"));
  const keep = (path: string, content: object) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  };
  try {
    keep("a/outcome.json", { steps: 0, crash: "out of memory" });
    keep("b/outcome.json", { steps: 2, failure: "the loss is NaN" });
    keep("c/outcome.json", { steps: 0 });
    keep("d/config.json", { batchSize: 4 });
    expect(measurementsIn(folder)).toBe(0);
    keep("e/outcome.json", { steps: 3 });
    keep("f/results.json", { measurements: [{ ms: 1 }, { ms: 2 }] });
    expect(measurementsIn(folder)).toBe(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("suites whose least takes the native engine say so", () => {
  expect(Object.entries(suites).filter(([, { tinyNative }]) => tinyNative === true).map(([name]) => name)).toEqual(["speed", "cost", "scaling", "evaluation", "diagnose", "distributed"]);
});
