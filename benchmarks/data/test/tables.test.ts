import { expect, test } from "vitest";
import { differingViews, loadingTable } from "../loading.js";
import { waitingOf, waitingTable } from "../waiting.js";

const where = { cpu: "a processor", cores: 2, memory_gb: 8, node: "20.0.0", commit: "abc" };

const turn = (side: string, round: number, speed: number, processor: number | null, shapes = [[2, 8, 8, 3]]) => ({
  ...{ side, round, workload: "dino", workers: 1, images_per_second: speed, processor_ms: processor, shapes },
  ...(side === "pytorch" ? { versions: "torch 1" } : {}),
});

test("the ratio is that of the medians, then of each round", () => {
  const turns = [turn("pytorch", 1, 100, 8), turn("ours", 1, 150, 4), turn("pytorch", 2, 50, 10), turn("ours", 2, 200, 4), turn("ours", 3, 170, 4)];
  const table = loadingTable(turns, where);
  expect(table).toContain("a processor, 2 cores, 8 GB; Node 20.0.0, commit abc; torch 1.");
  expect(table).toContain("| dino | 1 | 75 | 170 | 2.27 | 1.50 4.00 – | 9.00, 4.00 | 2.25 |");
});

test("a side that cannot tell its processor time has none, and a side alone has no row", () => {
  expect(loadingTable([turn("pytorch", 1, 100, null), turn("ours", 1, 150, 4)], where)).toContain("| 1.50 | 1.50 | – | – |");
  expect(loadingTable([turn("ours", 1, 150, 4)], where)).not.toContain("| dino");
});

test("sides that made other views are told", () => {
  expect(differingViews([turn("pytorch", 1, 1, 1), turn("ours", 1, 1, 1)])).toBeUndefined();
  expect(differingViews([turn("pytorch", 1, 1, 1), turn("ours", 1, 1, 1, [[2, 9, 9, 3]])])).toBe("dino: expected the same views from both sides, received [[2,8,8,3]] and [[2,9,9,3]].");
});

test("the share of waiting is that of all steps' time, without the first six", () => {
  const line = (imagesPerSecond: number, dataWaitShare: number): string => JSON.stringify({ imagesPerSecond, dataWaitShare });
  const log = [...Array.from({ length: 6 }, () => line(64, 0.9)), line(640, 0.1), line(64, 0), line(640, 0)].join("\n");
  const waiting = waitingOf(`${log}\n`);
  expect(waiting.share).toBeCloseTo(0.01 / 1.2, 10);
  expect(waiting).toMatchObject({ largest_share: 0.1, ms: 100 });
  expect(waitingTable([{ method: "mae", round: 1, ...waiting }])).toContain("| mae | 100 | 0.83 % | 0.83 % | 10.00 % |");
});
