import type { Command } from "commander";
import { expect, test } from "vitest";
import { parseCommandLine } from "../command-line.js";

const quietly = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: () => undefined });
const parse = (...argv: string[]) => parseCommandLine(argv, quietly);

test("without arguments: every method with three seeds, of the size small", () => {
  const flags = parse();
  expect(flags).toMatchObject({ imagesSeen: 12_800, seeds: [0, 1, 2], trainImages: 2000, testImages: 2000, precision: "float32", supervised: true });
  expect(flags.budget).toBeUndefined();
  expect([flags.methods, flags.data, flags.testData, flags.stepsOnly]).toEqual([undefined, undefined, undefined, undefined]);
});

test("a budget is a size, whose numbers may be changed, or a time", () => {
  expect(parse("--budget", "tiny", "--seeds", "4")).toMatchObject({ imagesSeen: 512, trainImages: 200, testImages: 100, seeds: [4] });
  expect(parse("--budget", "full")).toMatchObject({ imagesSeen: 51_200, seeds: [0, 1, 2] });
  expect(parse("--budget", "1.5h")).toMatchObject({ budget: 5400, imagesSeen: 12_800 });
});

test("lists are split, each name once", () => {
  expect(parse("--methods", "mae,simclr,mae", "--seeds", "0,1,2")).toMatchObject({ methods: ["mae", "simclr"], seeds: [0, 1, 2] });
  expect(parse("--steps-only", "12", "--data", "photos")).toMatchObject({ stepsOnly: 12, data: "photos" });
});

test("CIFAR-10 has a name, which needs no images to be judged on, and may be downloaded", () => {
  expect(parse("--data", "cifar10")).toMatchObject({ data: "cifar10" });
  expect(parse("--data", "cifar10", "--test-data", "photos", "--download")).toMatchObject({ data: "cifar10", testData: "photos", download: true });
  expect(parse("--download").data).toBeUndefined();
  expect(parse().download).toBeUndefined();
});

test("images that are there, or a part or pattern of them, are not told to be missing", () => {
  for (const path of [".", "cifar-10#train", "{000000..000004}.tar"]) expect(() => parse("--data", path)).toThrow(/^error: expected --data and --test-data or neither/);
});

test.each([
  [["--methods", ""], "Expected names with commas between them, received none"],
  [["--seeds", "0,-1"], 'Expected a whole number of at least 0, received "-1"'],
  [["--images-seen", "many"], 'Expected a whole number of at least 1, received "many"'],
  [["--train-images", "5"], 'Expected a whole number of at least 20, received "5"'],
  [["--precision", "float16"], "Allowed choices are float32, bfloat16"],
  [["--budget", "large"], 'Expected a time such as 90s, 10m or 2h, received "large"'],
  [["--budget", "tinny"], 'received "tinny". Or a size: tiny, small, full. Did you mean "tiny"?'],
  [["--data", "nowhere/"], "--data: expected images, received nowhere/, which is not there; and expected --data and --test-data or neither, received --data alone."],
  [["--test-data", "nowhere/"], "--test-data: expected images, received nowhere/, which is not there; and expected --data and --test-data or neither, received --test-data alone."],
  [["--budget", "0m"], 'Expected a time such as 90s, 10m or 2h, received "0m"'],
  [["--data", "photos"], "expected --data and --test-data or neither, received --data alone"],
  [["--test-data", "photos"], "expected --data and --test-data or neither, received --test-data alone"],
  [["--download", "--data", "photos", "--test-data", "others"], "expected --data cifar10 or none with --download, received photos"],
  [["--download", "--steps-only", "2", "--data", "photos"], "expected --data cifar10 or none with --download, received photos"],
  [["--resume", "--overwrite"], "expected one of --resume, --overwrite, received both"],
  [["--steps-only", "12", "--test-images", "100"], "expected no evaluation with --steps-only, received --test-images"],
  [["--imagesseen", "1"], "unknown option '--imagesseen'"],
  [["mae"], "too many arguments"],
])("%j is refused", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
