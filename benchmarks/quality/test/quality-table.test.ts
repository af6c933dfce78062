import { expect, test } from "vitest";
import { stepsTable } from "../measure-steps.js";
import { qualityTable } from "../quality-table.js";

/** Cells of the table, without its header. */
function rowsOf(markdown: string): string[][] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("|")).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  return rows.slice(2);
}

const score = (top1: number, protocol: object) => ({ top1, protocol });
const layer = (knn: number, linear: number, protocol: object) => ({ knn: score(knn, { ...protocol, kind: "knn" }), linear: score(linear, { ...protocol, kind: "linear" }) });
/** k-NN and linear of [CLS], then of the mean. */
const scores = ([knn, linear, knnOfMean, linearOfMean]: number[], protocol: object = { trainImages: 50 }) => ({ cls: layer(knn, linear, protocol), mean: layer(knnOfMean, linearOfMean, protocol) });

const training = (method: string, seed: number, values: number[], more: object = {}) => ({
  ...{ kind: "training", method, seed, commit: "abc1234", random: "vit", pixels: "px", seconds: 20, cpu_seconds: 30, images_per_second: 128, memory_mb: 300, loss: 1.5, embedding_deviation: 0.5 },
  ...{ scores: scores(values), ...more },
});
const random = (seed: number, values: number[], model = "vit") => ({ kind: "random", model, seed, scores: scores(values) });
const pixels = (seed: number, knn: number, linear: number) => ({ kind: "pixels", model: "px", seed, scores: { pixels: layer(knn, linear, { trainImages: 50 }) } });

const table = qualityTable({ data: "CIFAR-10 (JPEG)", trainImages: 50, testImages: 20, imagesSeen: 2560, precision: "float32", cpu: "some CPU", cores: 2, node: "20.20.2" });
const blank = Array.from({ length: 8 }, () => "");

test("families in order, gains by the better layer of each side, baselines below", () => {
  const markdown = table([
    training("mae", 0, [0.2, 0.3, 0.25, 0.35], { took_seconds: 90 }),
    training("simclr", 0, [0.4, 0.45, 0.35, 0.5]),
    random(0, [0.26, 0.33, 0.24, 0.34]),
    pixels(0, 0.365, 0.385),
    { kind: "supervised", model: "vit", seed: 0, top1: 0.55, protocol: { layer: "cls" }, memory_mb: 200, scores: scores([0.5, 0.6, 0.4, 0.5]) },
    training("of-a-stranger", 0, [0.3, 0.4, 0.3, 0.4], { embedding_deviation: undefined }),
  ]);
  expect(rowsOf(markdown)).toEqual([
    ["contrastive", "simclr", "40.0", "35.0", "45.0", "50.0", "+14.0", "+16.0", "20", "30", "128", "300", "1.500", "0.50"],
    ["generative", "mae", "20.0", "25.0", "30.0", "35.0", "-1.0 \\*", "+1.0", "20", "30", "128", "300", "1.500", "0.50"],
    ["other", "of-a-stranger", "30.0", "30.0", "40.0", "40.0", "+4.0", "+6.0", "20", "30", "128", "300", "1.500", "–"],
    ["baseline", "untrained ViT", "26.0", "24.0", "33.0", "34.0", ...blank],
    ["baseline", "raw pixels", "36.5", "", "38.5", "", ...blank],
    ["baseline", "trained with all labels (its own classifier: 55.0)", "50.0", "40.0", "60.0", "50.0", ...blank],
  ]);
  expect(markdown).toContain("CIFAR-10 (JPEG); 2560 images seen in float32, preset small, seeds 0. Accuracies in % of 20 test images, from 50 labelled ones.");
  expect(markdown).toMatch(/- mae \(k-NN\): Starts slowly/);
  expect(markdown).toContain("\nMeasured in 2 minutes on 2 cores of some CPU, Node 20.20.2, code abc1234.\n");
});

test("says which code each method ran on, where it differs", () => {
  const values = [0.5, 0.5, 0.5, 0.5];
  const rows = [training("mae", 0, values), training("simclr", 0, values), training("ijepa", 0, values, { commit: "def5678" })];
  expect(table(rows)).toContain(", code abc1234 for mae, simclr; code def5678 for ijepa.");
});

test("an explanation is there only for what is not above the untrained ViT", () => {
  const better = [0.5, 0.5, 0.5, 0.5];
  expect(table([training("mae", 0, better), random(0, [0.2, 0.2, 0.2, 0.2])])).not.toContain("mae (");
  const worse = table([training("simclr", 0, [0.2, 0.2, 0.2, 0.2]), random(0, better)]);
  expect(worse).toContain("- simclr (k-NN, linear): No reason is known: look at its run.");
  // Equal is not above.
  expect(table([training("simclr", 0, better), random(0, better)])).toContain("+0.0 \\*");
});

test("several seeds: mean and half of the 95 % interval, each training beside the untrained ViT of its seed", () => {
  const markdown = table([training("simclr", 0, [0.4, 0.5, 0.4, 0.5]), random(0, [0.2, 0.3, 0.1, 0.3]), training("simclr", 1, [0.5, 0.5, 0.4, 0.5]), random(1, [0.3, 0.3, 0.1, 0.2])]);
  expect(rowsOf(markdown)[0].slice(2, 8)).toEqual(["45.0 ± 63.5", "40.0 ± 0.0", "50.0 ± 0.0", "50.0 ± 0.0", "+20.0 ± 0.0", "+20.0 ± 0.0"]);
});

test("a ViT without [CLS] has its own baseline; a gain waits for its baseline", () => {
  const onlyMean = (values: number[]) => ({ mean: scores([0, 0, ...values]).mean });
  const rows = rowsOf(table([training("simclr", 0, [0.4, 0.4, 0.4, 0.4]), training("ijepa", 0, [], { scores: onlyMean([0.3, 0.3]), random: "no-cls" }), { ...random(0, [0, 0, 0.2, 0.2], "no-cls"), scores: onlyMean([0.2, 0.2]) }]));
  expect(rows[0].slice(6, 8)).toEqual(["–", "–"]);
  expect(rows[1].slice(2, 8)).toEqual(["–", "30.0", "–", "30.0", "+10.0", "+10.0"]);
  expect(rows[2].slice(1, 6)).toEqual(["untrained ViT of ijepa", "–", "20.0", "–", "20.0"]);
});

test("accuracies of different protocols are not subtracted", () => {
  const other = { ...training("simclr", 0, []), scores: scores([0.4, 0.4, 0.4, 0.4], { trainImages: 40 }) };
  expect(() => table([other, random(0, [0.2, 0.2, 0.2, 0.2])])).toThrow("[quality] simclr: expected the protocol of its untrained ViT, received another trainImages.");
});

test("steps: a row a training", () => {
  const row = { method: "mae", seed: 0, steps: 12, batch: 128, seconds: 8.04, cpu_seconds: 6.5, loss: 0.98765 };
  expect(rowsOf(stepsTable([row, { ...row, method: "dino" }]))).toEqual([
    ["distillation", "dino", "0", "12", "128", "8.0", "6.5", "0.9877"],
    ["generative", "mae", "0", "12", "128", "8.0", "6.5", "0.9877"],
  ]);
});
