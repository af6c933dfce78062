import type { Command } from "commander";
import { expect, test } from "vitest";
import { parseCommandLine } from "../command-line.js";

const quietly = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: () => undefined });
const parse = (...argv: string[]) => parseCommandLine(argv, quietly);

test("without arguments: three rounds of both workloads with 0, 1 and 2 workers", () => {
  expect(parse()).toMatchObject({ mode: "loading", resume: false, overwrite: false, options: { workloads: ["simclr", "dino"], workers: [0, 1, 2], rounds: 3, venv: undefined } });
});

test("--waiting has defaults of its own", () => {
  expect(parse("--waiting")).toMatchObject({ mode: "waiting", options: { methods: ["simclr", "dino", "mae"], workers: [1], rounds: 3, steps: 40 } });
  expect(parse("--waiting", "--methods", "mae", "--workers", "2").options).toMatchObject({ methods: ["mae"], workers: [2] });
});

test("--million and --epochs have options of their own", () => {
  expect(parse("--million")).toMatchObject({ mode: "million", options: { images: 1_000_000, workers: [1] } });
  expect(parse("--epochs", "--images", "64", "--workers", "0", "--resume")).toMatchObject({ mode: "epochs", resume: true, options: { images: 64, workers: [0] } });
});

test("--publish goes with --out alone", () => {
  expect(parse().publishes).toBe(false);
  expect(parse("--publish", "--out", "there")).toMatchObject({ publishes: true, out: "there" });
});

test.each([
  [["--million", "--epochs"], "expected one of --waiting, --million, --epochs, received --million and --epochs"],
  [["--million", "--rounds", "2"], "expected options of --million (--images, --workers), received --rounds"],
  [["--million", "--workers", "0,1"], "--workers: expected one number, received 0,1"],
  [["--images", "5"], "expected options of the loader"],
  [["--workloads", "simclr,mae"], '--workloads: expected some of simclr, dino, received "mae"'],
  [["--workloads", ""], "--workloads: expected some of simclr, dino, received none"],
  [["--waiting", "--methods", "mocov9"], '--methods: expected some of simclr, dino, mae, received "mocov9"'],
  [["--waiting", "--workers", "1,2"], "--workers: expected one number, received 1,2"],
  [["--workers", "two"], 'Expected a whole number of at least 0, received "two"'],
  [["--rounds", "0"], 'Expected a whole number of at least 1, received "0"'],
  [["--steps", "5"], "expected options of the loader (--workloads, --workers, --rounds, --cifar, --venv), received --steps"],
  [["--waiting", "--venv", "x"], "expected options of --waiting (--methods, --workers, --rounds, --steps, --cifar), received --venv"],
  [["--resume", "--overwrite"], "expected one of --resume, --overwrite, received both"],
  [["--publish", "--million"], "expected --publish with --out alone, received --million"],
  [["--publish", "--resume"], "expected --publish with --out alone, received --resume"],
  [["--rouds", "1"], "unknown option '--rouds'"],
])("%j is refused", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
