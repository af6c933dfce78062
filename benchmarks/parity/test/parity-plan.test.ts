import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import { runSitting } from "@ssl-vit/sitting/run-sitting.js";
import type { RunSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Side } from "../command-line.js";
import { parityPlan } from "../parity-plan.js";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "parity-plan-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

/** The command, as far as the suite looks at it. */
function fakeCommand(): { run: RunSslVit; calls: string[] } {
  const calls: string[] = [];
  const run: RunSslVit = (parameters) => {
    calls.push(parameters.join(" "));
    const valueOf = (flag: string): string => parameters[parameters.indexOf(flag) + 1] ?? "";
    const finished = (json?: unknown) => Promise.resolve({ json, seconds: 2, cpuSeconds: 3, maxRssMb: 100 });
    if (parameters[0] === "list") return finished(["simclr", "mae"].map((name) => ({ name, package: `@ssl-vit/${name}` })));
    if (parameters[0] === "pretrain") {
      const folder = valueOf("--out");
      mkdirSync(join(folder, "checkpoints", "step-1"), { recursive: true });
      writeFileSync(join(folder, "checkpoints", "last"), "step-1\n");
      writeFileSync(join(folder, "checkpoints", "step-1", "training.safetensors"), encodeSafetensors({ "head.exp_avg": { dtype: "F32", shape: [3], data: new Float32Array(3) } }));
      writeFileSync(join(folder, "metrics.jsonl"), '{"step":1,"loss":2,"metrics":{}}\n');
      const views = { normalize: { mean: [0], std: [1] } };
      writeFileSync(join(folder, "config.resolved.json"), JSON.stringify({ run: { encoder: { clsToken: true, imageSize: [32, 32] }, views }, about: { engine: { name: "native", threads: 2, precision: "float32" }, versions: {} } }));
      return finished();
    }
    const score = (kind: string) => ({ top1: 0.4, protocol: { kind, layer: valueOf("--layer") } });
    return finished({ results: [{ data: "images", knn: score("knn"), linear: score("linear") }] });
  };
  return { run, calls };
}

const setting = () => ({ dataName: "pictures", trainImages: { path: "train", count: 1280 }, protocol: { train: "train", test: "test", trainImages: 50, testImages: 20 }, imagesSeen: 640, threads: 2, out });
const sit = (sides: Side[], run: RunSslVit, resume = false) => runSitting(parityPlan({ methods: ["simclr", "mae"], sides, seeds: [0, 3] }, setting(), run), { benchmark: "parity", out, machine: {}, resume, signal: new AbortController().signal, say: () => undefined });

test("each method is trained by the command and judged, seed by seed; methods with the same ViT share the untrained one", async () => {
  const { run, calls } = fakeCommand();
  const measurements = await sit(["ours", "untrained"], run);
  expect(measurements.map(({ side, method, seed }) => [side, method, seed].join(" "))).toEqual(["ours simclr 0", "untrained simclr 0", "ours mae 0", "untrained mae 0", "ours simclr 3", "untrained simclr 3", "ours mae 3", "untrained mae 3"]);
  expect(calls.filter((call) => call.startsWith("pretrain"))[0]).toBe(
    `pretrain --method @ssl-vit/simclr --preset small --data train --steps 5 --seed 0 --precision float32 --out ${join(out, "runs", "ours", "simclr-0")} --set optimizer.warmupEpochs=0.05 --log-every 1`,
  );
  // Two layers, two seeds.
  expect(calls.filter((call) => call.includes("--checkpoint random"))).toHaveLength(4);
  expect(measurements[0]).toMatchObject({ steps: 5, batch: 128, images_seen: 640, seconds: 2, cpu_seconds: 3, trained_parameters: 3, losses: [2], scores: { cls: { knn: { top1: 0.4 } } } });
  expect(readFileSync(join(out, "parity.md"), "utf8")).toContain("| simclr | k-NN, % | [CLS] | – | 40.0 ± 0.0 | 40.0 ± 0.0 | – | – | – |");
});

test("a sitting goes on with another side, whatever the code has become", async () => {
  const { run, calls } = fakeCommand();
  await sit(["ours"], run);
  const measurements = await sit(["ours", "untrained"], run, true);
  expect(measurements).toHaveLength(8);
  expect(calls.filter((call) => call.startsWith("pretrain"))).toHaveLength(4);
  expect(JSON.parse(readFileSync(join(out, "parity.json"), "utf8"))).toMatchObject({ circumstances: { imagesSeen: 640, threads: 2, requirements: ["lightly==1.6.0", "timm==1.0.31", "torch==2.15.0", "torchvision==0.29.2"] } });
});

test("the other sides need our run", async () => {
  await expect(sit(["untrained"], fakeCommand().run)).rejects.toThrow(/simclr, seed 0: expected our run's .*config\.resolved\.json, received none that can be read\. Measure ours first/);
  expect(JSON.parse(readFileSync(join(out, "parity.json"), "utf8"))).toMatchObject({ measurements: [] });
});
