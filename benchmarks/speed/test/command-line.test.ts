import type { Command } from "commander";
import { expect, test } from "vitest";
import { parseCommandLine } from "../command-line.js";

const quietly = (command: Command): Command => command.exitOverride().configureOutput({ writeErr: () => undefined });
const parse = (...argv: string[]) => parseCommandLine(argv, quietly);

test("without arguments: three rounds of all workloads in both precisions, then lower instruction sets", () => {
  expect(parse()).toMatchObject({
    ...{ mode: "steps", resume: false, overwrite: false },
    options: {
      workloads: ["simclr", "mae", "dino", "embed"],
      precisions: ["float32", "bfloat16"],
      paths: ["avx2", "portable"],
      engines: [],
      rounds: 3,
      steps: 5,
      venv: undefined,
    },
  });
});

test("each mode has defaults of its own", () => {
  expect(parse("--memory").options).toEqual({ workloads: ["simclr"], steps: 10_000 });
  expect(parse("--same-bytes", "--data", "images").options).toMatchObject({ workloads: ["simclr", "mae", "dino"], steps: 100, data: "images" });
  expect(parse("--data", "images")).toMatchObject({ mode: "loader", options: { workloads: ["simclr", "dino"], workers: 2, rounds: 3 } });
  expect(parse("--masking").options).toEqual({ precisions: ["float32"], rounds: 3, steps: 5 });
  expect(parse("--gemm", "--rounds", "1")).toMatchObject({ mode: "gemm", options: { rounds: 1 } });
  expect(parse("--paths", "").options).toMatchObject({ paths: [] });
});

test("publishing takes the sittings of a folder, and nothing else", () => {
  expect(parse("--publish", "--out", "here")).toMatchObject({ publishes: true, out: "here" });
  expect(parse().publishes).toBe(false);
});

test.each([
  [["--workloads", "simclr,moco"], '--workloads: expected some of simclr, mae, dino, embed, received "moco"'],
  [["--workloads", ""], "--workloads: expected some of simclr, mae, dino, embed, received none"],
  [["--data", "images", "--workloads", "embed"], '--workloads: expected some of simclr, mae, dino, received "embed"'],
  [["--engines", "cpu"], '--engines: expected some of tfjs-node, wasm, received "cpu"'],
  [["--rounds", "0"], 'Expected a whole number of at least 1, received "0"'],
  [["--steps", "many"], 'Expected a whole number of at least 1, received "many"'],
  [["--gemm", "--memory"], "expected one of --gemm, --same-bytes, --memory, --masking, received several"],
  [["--publish", "--same-bytes", "--rounds", "2"], "expected --publish with no option but --out, received --same-bytes, --rounds as well"],
  [["--resume", "--overwrite"], "expected one of --resume, --overwrite, received both"],
  [["--gemm", "--paths", "avx2"], "expected options of --gemm (--precisions, --rounds, --venv), received --paths"],
  [["--workers", "2"], "expected options of training steps"],
  [["--wrokloads", "mae"], "unknown option '--wrokloads'"],
  [["mae"], "too many arguments"],
])("%j is refused", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
