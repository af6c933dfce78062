import { expect, test } from "vitest";
import { epochsTable, growing } from "../epochs.js";
import { differingViews, loadingTable, slower } from "../loading-table.js";
import { millionTable, slowOrLarge } from "../million.js";
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

test("a side that is slower by every measure is told", () => {
  expect(slower([turn("pytorch", 1, 100, 4), turn("ours", 1, 90, 4)])).toBeUndefined();
  expect(slower([turn("pytorch", 1, 100, 4), turn("ours", 1, 110, 5)])).toBeUndefined();
  expect(slower([turn("pytorch", 1, 100, 4), turn("ours", 1, 90, 5)])).toBe("ratio of images/s, or of processor time: expected at least 1 to PyTorch, received 0.90 and 0.80 (dino 1 workers).");
  expect(slower([turn("pytorch", 1, 100, null), turn("ours", 1, 90, 5)])).toContain("received 0.90 (dino 1 workers)");
});

test("a million images have to open soon and in little memory", () => {
  const opened = (first: number, index: number) => ({ layout: "flat", images: 10, classes: 0, open_s: 1, first_batch_s: first, index_mb: index, peak_mb: 400 });
  expect(slowOrLarge([opened(10, 299)])).toBeUndefined();
  expect(slowOrLarge([opened(10.1, 299), opened(1, 300)])).toBe("a million images: expected the first batch within 10 s and an index below 300 MB, received 10.1 s (flat), 300 MB (flat).");
  expect(millionTable([opened(2.5, 30)], where)).toContain("| flat | 10 | 0 | 1.0 | 2.5 | 30 | 400 |");
});

test("memory has to stay where it was after 25 epochs", () => {
  const memory = (epoch: number, resident: number, buffers: number, heap: number) => ({ epoch, resident_mb: resident, array_buffers_mb: buffers, heap_mb: heap });
  const run = (...last: [number, number, number]) => ({ workers: 2, after: [memory(5, 50, 1, 1), memory(25, 100, 10, 10), memory(50, ...last)] });
  expect(growing([run(109, 11, 10.9)])).toBeUndefined();
  expect(growing([run(110, 11, 11)])).toBe("epochs 25 to 50: expected less than 2 MB more of array buffers and heap, and less than 10 % more of resident memory, received 2.0 MB more (2 workers), 10 % more resident (2 workers).");
  expect(epochsTable([run(110, 11, 11)], where)).toContain("| 2 | 50 | 110.0 | 11.0 | 11.0 |");
});

test("the share of waiting is that of all steps' time, without the first six", () => {
  const line = (imagesPerSecond: number, dataWaitShare: number): string => JSON.stringify({ imagesPerSecond, dataWaitShare });
  const log = [...Array.from({ length: 6 }, () => line(64, 0.9)), line(640, 0.1), line(64, 0), line(640, 0)].join("\n");
  const waiting = waitingOf(`${log}\n`);
  expect(waiting.share).toBeCloseTo(0.01 / 1.2, 10);
  expect(waiting).toMatchObject({ largest_share: 0.1, ms: 100 });
  expect(waitingTable([{ method: "mae", round: 1, ...waiting }], where)).toContain("commit abc.\n\n| ViT-Ti/4");
  expect(waitingTable([{ method: "mae", round: 1, ...waiting }], where)).toContain("| mae | 100 | 0.83 % | 0.83 % | 10.00 % |");
});
