import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { suites } from "../suites.js";
import { whyNot } from "../try-out.js";

const script = fileURLToPath(new URL("../bench.js", import.meta.url));

describe("pnpm bench tiny", () => {
  it.each(Object.keys(suites))("%s runs, or says why not", { timeout: 600_000 }, async (name) => {
    const { status, stderr } = spawnSync(process.execPath, [script, "tiny", name], { encoding: "utf8" });
    console.log(stderr);
    expect(status, stderr).toBe(0);
    const reason = await whyNot(name);
    expect(stderr).toMatch(reason === undefined ? new RegExp(`^${name}: runs, [1-9]\\d* measurement`, "m") : `SKIPPED: ${name}, ${reason}`);
  });
});
