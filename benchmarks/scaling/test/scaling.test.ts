import { expect, test } from "vitest";
import { scalingKeys, setupsOf } from "../scaling-plan.js";
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
