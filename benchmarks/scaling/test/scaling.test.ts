import { expect, test } from "vitest";
import { scalingKeys, scalingPlan, setupsOf } from "../scaling-plan.js";
import { scalingTable } from "../scaling-table.js";

test("one thing is changed at a time, and nothing is measured twice", () => {
  expect(setupsOf({ sizes: ["tiny", "small"], batches: [64, 16], threads: [1, 2], ranks: [1, 2] })).toEqual([
    { size: "tiny", batch: 64, threads: 2, ranks: 1 },
    { size: "small", batch: 64, threads: 2, ranks: 1 },
    { size: "tiny", batch: 16, threads: 2, ranks: 1 },
    { size: "tiny", batch: 64, threads: 1, ranks: 1 },
    { size: "tiny", batch: 64, threads: 1, ranks: 2 },
  ]);
});

test("a sitting is every method with every setup in every round", () => {
  const keys = scalingKeys({ methods: ["mae", "dino"], sizes: ["tiny"], batches: [64], threads: [2], ranks: [1], rounds: 2 });
  expect(keys.map(({ round, method, threads }) => [round, method, threads])).toEqual([1, 2].flatMap((round) => ["mae", "dino"].flatMap((method) => [[round, method, 2], [round, method, 1]])));
});

test("without an MPI several processes are told as left out, and are not of the sitting", () => {
  const wanted = { methods: ["mae"], sizes: ["tiny"], batches: [64], threads: [2], ranks: [1, 2], rounds: 1, steps: 1 };
  const said: string[] = [];
  const mpi = { name: "openmpi" as const, version: "Open MPI 4.1.4", launcher: "mpirun", options: [], compiler: undefined };
  const alone = scalingPlan(wanted, (text) => said.push(text), () => { throw new Error("no MPI is installed"); }).options;
  expect(said).toEqual(["several processes are left out: no MPI is installed"]);
  expect(alone).toMatchObject({ ranks: [1] });
  expect(alone).not.toHaveProperty("mpi");
  expect(scalingKeys({ ...wanted, ...alone }).map(({ threads, ranks }) => [threads, ranks])).toEqual([[2, 1], [1, 1]]);
  const grouped = scalingPlan(wanted, (text) => said.push(text), () => [mpi]).options;
  expect(grouped).toMatchObject({ ranks: [1, 2], mpi: "Open MPI 4.1.4" });
  expect(scalingKeys({ ...wanted, ...grouped }).map(({ threads, ranks }) => [threads, ranks])).toEqual([[2, 1], [1, 1], [1, 2]]);
  expect(said).toHaveLength(1);
});

test("a table for each thing that was changed, with images a second beside the first row's", () => {
  const row = (size: string, batch: number, ms: number, round = 1) => ({ method: "mae", size, batch, threads: 2, ranks: 1, round, ms, memoryMb: 200 });
  const text = scalingTable([row("tiny", 64, 640), row("small", 64, 1280), row("tiny", 16, 200), row("tiny", 16, 160, 2), row("tiny", 16, 180, 3)]);
  const rows = text.split("\n").filter((line) => line.startsWith("| mae")).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  expect(rows).toEqual([
    ["mae", "tiny", "images a step 64, threads 2, processes 1", "640", "100.0", "1.00", "200"],
    ["mae", "small", "images a step 64, threads 2, processes 1", "1280", "50.0", "0.50", "200"],
    ["mae", "64", "ViT tiny, threads 2, processes 1", "640", "100.0", "1.00", "200"],
    ["mae", "16", "ViT tiny, threads 2, processes 1", "180", "88.9", "0.89", "200"],
  ]);
});
