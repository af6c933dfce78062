import type { Command } from "commander";
import { expect, test } from "vitest";
import { parseCommandLine } from "../command-line.js";

const quietly = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: () => undefined });
const parse = (...argv: string[]) => parseCommandLine(argv, quietly);

test("without arguments: all methods and sides, three seeds, the size small", () => {
  const flags = parse();
  expect(flags).toMatchObject({ methods: ["simclr", "dino", "mae", "byol"], sides: ["ours", "torch", "replay", "untrained"], seeds: [0, 1, 2], imagesSeen: 12_800, trainImages: 5000, testImages: 10_000 });
  expect(flags.threads).toBeGreaterThanOrEqual(1);
  expect([flags.budget, flags.data, flags.venv, flags.publish]).toEqual([undefined, undefined, undefined, undefined]);
});

test("a budget is a size, whose numbers may be changed, or a time", () => {
  expect(parse("--budget", "tiny", "--seeds", "4,2,4")).toMatchObject({ imagesSeen: 256, trainImages: 200, testImages: 100, seeds: [4, 2] });
  expect(parse("--budget", "full", "--images-seen", "640")).toMatchObject({ imagesSeen: 640, seeds: [0, 1, 2] });
  expect(parse("--budget", "10m")).toMatchObject({ budget: 600, imagesSeen: 12_800 });
});

test("ours comes before what takes its recipe from it, however they are named", () => {
  expect(parse("--sides", "torch,ours", "--methods", "mae,simclr,mae")).toMatchObject({ sides: ["ours", "torch"], methods: ["simclr", "mae"] });
});

test("CIFAR-10 has a name, which needs no images to be judged on", () => {
  expect(parse("--data", "cifar10", "--download")).toMatchObject({ data: "cifar10", download: true });
});

test.each([
  [["--methods", "moco"], 'Expected some of simclr, dino, mae, byol, with commas, received "moco"'],
  [["--methods", ","], "with commas, received none"],
  [["--sides", "theirs"], 'Expected some of ours, torch, replay, untrained, with commas, received "theirs"'],
  [["--seeds", "0,-1"], 'Expected a whole number of at least 0, received "-1"'],
  [["--budget", "large"], 'Expected a time such as 90s, 10m or 2h, received "large"'],
  [["--threads", "0"], 'Expected a whole number of at least 1, received "0"'],
  [["--data", "photos"], "expected --data and --test-data or neither, received --data alone"],
  [["--download", "--data", "photos", "--test-data", "others"], "expected --data cifar10 or none with --download, received photos"],
  [["--resume", "--overwrite"], "expected one of --resume, --overwrite, received both"],
])("%j is refused", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
