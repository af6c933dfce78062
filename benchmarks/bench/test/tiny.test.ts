import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { suites } from "../suites.js";
import { whyNot } from "../try-out.js";

const script = fileURLToPath(new URL("../bench.js", import.meta.url));

describe("pnpm bench tiny", () => {
  // Parity's own test runs its least, and looks closer.
  it.each(Object.keys(suites).filter((name) => name !== "parity"))("%s runs, or says why not", { timeout: 600_000 }, async (name) => {
    const { status, stderr } = spawnSync(process.execPath, [script, "tiny", name], { encoding: "utf8" });
    console.log(stderr);
    expect(status, stderr).toBe(0);
    const reason = await whyNot(name);
    expect(stderr).toMatch(reason === undefined ? new RegExp(`^${name}: runs, [1-9]\\d* measurement`, "m") : `SKIPPED: ${name}, ${reason}`);
  });
});

it("pnpm bench tiny --out keeps what a suite wrote, and takes the place of no earlier one", { timeout: 600_000 }, async ({ skip }) => {
  const reason = await whyNot("scaling");
  if (reason !== undefined) {
    console.log(`SKIPPED: scaling, ${reason}`);
    skip();
  }
  const out = mkdtempSync(join(tmpdir(), "ssl-vit-tiny-test-"));
  const tiny = () => spawnSync(process.execPath, [script, "tiny", "scaling", "--out", out], { encoding: "utf8" });
  try {
    const first = tiny();
    expect(first.status, first.stderr).toBe(0);
    const written = readFileSync(join(out, "scaling", "scaling.json"), "utf8");
    expect(JSON.parse(written)).toMatchObject({ measurements: [{ method: "mae" }] });
    const again = tiny();
    expect(again.status).toBe(1);
    expect(again.stderr).toContain("expected no earlier sitting");
    expect(readFileSync(join(out, "scaling", "scaling.json"), "utf8")).toBe(written);
  } finally {
    rmSync(out, { recursive: true });
  }
});
