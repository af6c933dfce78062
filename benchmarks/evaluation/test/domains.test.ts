import { expect, test } from "vitest";
import { domainTasks } from "../domain-tasks.js";
import { domainsTable } from "../domains-table.js";

const sets = [
  { name: "photographs", train: "a", test: "b" },
  { name: "digits", train: "c", test: "d" },
];

test("each seed trains once, and judges every set with the trained and the untrained ViT", () => {
  const tasks = domainTasks({ sets, method: "mae", steps: 10, seeds: [0, 1], out: "out" });
  expect(tasks.map(({ key: { kind, seed, data, start } }) => [kind, seed, data, start].filter((part) => part !== undefined).join(" ")).slice(0, 6)).toEqual([
    "pretraining 0", "transfer 0", "fewshot 0 photographs pretrained", "finetune 0 photographs pretrained", "fewshot 0 photographs random", "finetune 0 photographs random",
  ]);
  expect(tasks).toHaveLength(2 * (2 + 2 * 2 * 2));
  // The run's folder is the command's own and is told to whoever goes on with a training; nothing begins anew by itself.
  expect(tasks.filter(({ trains }) => trains !== undefined).map(({ key, trains, parameters: own }) => [key.kind, trains, own.includes("--overwrite")])).toEqual([["pretraining", "out/runs/mae-0", false], ["pretraining", "out/runs/mae-1", false]]);
  const { parameters } = tasks.find(({ key }) => key.kind === "finetune" && key.start === "random" && key.seed === 1)!;
  expect(parameters.join(" ")).toContain("--checkpoint random --like out/runs/mae-1 --train a --test b");
});

test("the table has means and intervals over the seeds, and leaves open what was not measured", () => {
  const measurements = [0, 1, 2].flatMap((seed) => [
    { kind: "pretraining", seed, cpu_seconds: 600 },
    { kind: "transfer", seed, results: ["pretrained", "random", "pixels"].map((features) => ({ data: "digits", features, knn: { top1: 0.5 + seed / 100 }, linear: { top1: 0.25 } })) },
    { kind: "fewshot", seed, data: "digits", start: "pretrained", results: [{ top1: 0.3, protocol: { labelled: { shots: 1 }, classifier: { name: "multinomial logistic regression, to convergence" } } }, { top1: 0.9, protocol: { labelled: { shots: 1 }, classifier: { name: "nearest centroid" } } }] },
    { kind: "finetune", seed, data: "digits", start: "random", top1: 0.4 },
  ]);
  const [said, , ...lines] = domainsTable({ method: "mae", steps: 10, cpu: "a processor", cores: 2 })(measurements).trim().split("\n");
  const unknown = domainsTable({ method: "mae", steps: 10, cpu: "a processor", cores: 2 })([{ kind: "pretraining", seed: 0 }]);
  expect(unknown).toContain("seeds 0: unknown processor minutes each");
  expect(said).toBe("mae, 10 steps on CIFAR-10 without labels, seeds 0, 1, 2: 10.0, 10.0, 10.0 processor minutes each (a processor, 2 cores).");
  // Student's t of 2 degrees of freedom: 4.3027 · 1 / √3 = 2.48 points.
  expect(lines[2]).toBe("| digits | pretrained | 51.0 ± 2.5 | 25.0 ± 0.0 | 30.0 ± 0.0 |  |  |  |  |  |");
  expect(lines[3]).toBe("| digits | untrained; from scratch | 51.0 ± 2.5 | 25.0 ± 0.0 |  |  |  |  |  | 40.0 ± 0.0 |");
});
