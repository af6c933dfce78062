import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors } from "@ssl-vit/safetensors";
import type { InstalledMethod } from "@ssl-vit/quality/installed-methods.js";
import { openParts } from "@ssl-vit/sitting/kept-part.js";
import { runSitting } from "@ssl-vit/sitting/run-sitting.js";
import type { RunSslVit } from "@ssl-vit/sitting/run-ssl-vit.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Side } from "../command-line.js";
import { measureTorch, type Training } from "../measure-side.js";
import { parityPlan } from "../parity-plan.js";

let out = "";
beforeEach(() => { out = mkdtempSync(join(tmpdir(), "parity-plan-")); });
afterEach(() => { rmSync(out, { recursive: true }); });

/** The command, as far as the suite looks at it. */
function fakeCommand({ broken = "" } = {}): { run: RunSslVit; calls: string[] } {
  const calls: string[] = [];
  const run: RunSslVit = (parameters) => {
    if (broken !== "" && parameters.join(" ").includes(broken)) return Promise.reject(new Error("no memory"));
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
      writeFileSync(join(folder, "config.resolved.json"), JSON.stringify({ run: { encoder: { clsToken: true, imageSize: [32, 32] }, views, seed: 0, batchSize: 1, data: { location: join(out, "shard-000000.tar") } }, length: { steps: 1 }, about: { engine: { name: "native", threads: 2, precision: "float32" }, versions: {} } }));
      return finished();
    }
    const score = (kind: string) => ({ top1: 0.4, protocol: { kind, layer: valueOf("--layer") } });
    return finished({ results: [{ data: "images", knn: score("knn"), linear: score("linear") }] });
  };
  return { run, calls };
}

const setting = () => ({ dataName: "pictures", trainImages: { path: "train", count: 1280 }, protocol: { train: "train", test: "test", trainImages: 50, testImages: 20 }, imagesSeen: 640, threads: 2, out });
const sit = (sides: Side[], run: RunSslVit, resume = false) => runSitting(parityPlan({ methods: ["simclr", "mae"], sides, seeds: [0, 3] }, { ...setting(), isResumed: resume }, run), { benchmark: "parity", out, machine: {}, resume, signal: new AbortController().signal, say: () => undefined });

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

test("a measurement that was stopped goes on: what is trained and judged is not again", async () => {
  await expect(sit(["ours", "untrained"], fakeCommand({ broken: "--checkpoint random --like" }).run)).rejects.toThrow("no memory");
  await expect(sit(["ours", "untrained"], fakeCommand({ broken: `--checkpoint ${join(out, "runs", "ours", "mae-0")} --train-images 50 --test-images 20 --seed 0 --no-plots --json --layer mean` }).run, true)).rejects.toThrow("no memory");
  const { run, calls } = fakeCommand();
  const measurements = await sit(["ours", "untrained"], run, true);
  expect(measurements).toHaveLength(8);
  expect(calls.filter((call) => call.startsWith("pretrain")).map((call) => call.split(" ").slice(2, 3).concat(/--seed \d/.exec(call) ?? [])).join("; ")).toBe("@ssl-vit/simclr,--seed 3; @ssl-vit/mae,--seed 3");
  expect(calls.filter((call) => call.includes(join("ours", "mae-0")) && !call.includes("random")).map((call) => call.split("--layer ")[1])).toEqual(["mean"]);
  for (const measurement of measurements) expect(measurement).toMatchObject({ commit: expect.any(String) as string, versions: { node: process.versions.node } });
});

/** A Python that trains nothing: it notes what lies in the folder, and writes what a training leaves. It saves a state, and says that it went on when there was one. */
const fakePython = `#!/bin/sh
out="$4"
said='"training_seconds": 1, "cpu_seconds": 2'
[ -f "$out/state.pt" ] && said='"resumed_from": 3'
echo saved > "$out/state.pt"
echo '{"step":1,"loss":2,"gradientNorm":1}' > "$out/metrics.jsonl"
[ -f "$out/../stop" ] && exit 1
echo "{$said, "'"trained_parameters": 3}'
`;

test.skipIf(process.platform === "win32")("PyTorch's training goes on from its state, which is gone when it is done; one that went on has no time", async () => {
  for (const [name, content] of [["0.png", "no image: nobody decodes it"], ["0.cls", "7"]] as const) writeFileSync(join(out, name), content);
  expect(spawnSync("tar", ["-cf", "shard-000000.tar", "0.png", "0.cls"], { cwd: out }).status).toBe(0);
  await sit(["ours"], fakeCommand().run);
  const python = join(out, "python");
  writeFileSync(python, fakePython, { mode: 0o755 });
  const [simclr, mae] = [["simclr", 128], ["mae", 128]].map(([name, batchSize]) => ({ method: { name, packageName: `@ssl-vit/${name}`, preset: { batchSize } } as unknown as InstalledMethod, seed: 0 })) as [Training, Training];
  const torch = (training: Training, resume: boolean) =>
    measureTorch({ ...setting(), isResumed: resume }, training, { about: { commit: "abc1234", versions: { os: "", node: "", tfjs: "", engines: {} } }, keepPart: openParts(join(out, "parts"), true)(`torch-${training.method.name}`) }, { python, tell: () => undefined, run: fakeCommand().run }, new AbortController().signal);
  const state = (training: Training) => existsSync(join(out, "runs", "torch", `${training.method.name}-0`, "state.pt"));
  mkdirSync(join(out, "runs", "torch"), { recursive: true });
  expect(await torch(mae, false)).toMatchObject({ commit: "abc1234", cpu_seconds: 2, seconds: expect.any(Number) as number, losses: [2] });
  expect(state(mae)).toBe(false);
  writeFileSync(join(out, "runs", "torch", "stop"), "");
  await expect(torch(simclr, false)).rejects.toThrow("ended with 1");
  expect(state(simclr)).toBe(true);
  rmSync(join(out, "runs", "torch", "stop"));
  const finished = await torch(simclr, true);
  expect(finished).toMatchObject({ resumed_from: 3, losses: [2] });
  expect(finished["seconds"]).toBeUndefined();
  expect(state(simclr)).toBe(false);
});

test("the other sides need our run", async () => {
  await expect(sit(["untrained"], fakeCommand().run)).rejects.toThrow(/simclr, seed 0: expected our run's .*config\.resolved\.json, received none that can be read\. Measure ours first/);
  expect(JSON.parse(readFileSync(join(out, "parity.json"), "utf8"))).toMatchObject({ measurements: [] });
});
