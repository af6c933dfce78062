// `pnpm bench tiny [SUITES]`: the least of every suite.
import { Command } from "commander";
import { suiteProblem, suites } from "./suites.js";
import { tryOut } from "./try-out.js";

const all = Object.keys(suites);

/** Runs what a command line asks for, and sets the exit code. @param {readonly string[]} argv without the program */
export const tiny = (argv) =>
  new Command("bench tiny")
    .description("The least of every suite, or of those that are named, to see that they run: what they then measure says nothing. What cannot run here is told as SKIPPED.")
    .argument("[suites...]", `some of ${all.join(", ")} (all)`)
    .option("--out <dir>", "keep what each suite writes, in a folder of its name there; without it nothing is kept")
    .addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench tiny\n  $ npx --yes pnpm@10 run bench tiny quality diagnose --out tiny")
    .action(async (/** @type {string[]} */ names, /** @type {{ out?: string }} */ { out }, /** @type {Command} */ command) => {
      const [problem] = names.flatMap((name) => suiteProblem(name, all) ?? []);
      if (problem !== undefined) command.error(problem, { exitCode: 2 });
      process.exitCode = await tryOut(names.length === 0 ? all : names, out);
    })
    .parseAsync(argv, { from: "user" });
