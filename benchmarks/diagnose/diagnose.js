// Runs broken on purpose, what is named of them, and what looking costs: `pnpm run bench diagnose`. README.md has the options.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { carryOut } from "@ssl-vit/sitting/carry-out.js";
import { runUntilStopped, say } from "@ssl-vit/sitting/run-until-stopped.js";
import { withSitting } from "@ssl-vit/sitting/sitting-options.js";
import { wholeNumber } from "@ssl-vit/sitting/whole-number.js";
import { Command, Option } from "commander";
import { drawPictures } from "./draw-pictures.js";
import { judgeCases } from "./judge-cases.js";
import { overheadPlan, overheadTable } from "./overhead.js";
import { resultsTables } from "./results-table.js";
import { runCases } from "./run-cases.js";

const results = fileURLToPath(new URL("results", import.meta.url));
const written = fileURLToPath(new URL("RESULTS.md", import.meta.url));

const HEAD = `# Results

Trainings that are broken on purpose and trainings that are healthy, as \`npx --yes pnpm@10 run bench diagnose\` makes and judges them; [README](README.md) says how, and how to
read it. Thresholds were chosen on the tuned half alone.
`;

/** The last sitting of \`overhead\`, where there was one. @param {string} out */
function overheadPart(out) {
  const path = join(out, "overhead", "overhead.json");
  if (!existsSync(path)) return "";
  const { circumstances: { cpu, cores, memory_gb: memory, node, commit, rounds, steps }, measurements } = JSON.parse(readFileSync(path, "utf8"));
  return `\n## What looking costs\n${rounds} rounds of ${steps} steps, with and without a monitor in turn; ${cpu}, ${cores} cores, ${memory} GB; Node ${node}, code ${commit}.\n\n${overheadTable(measurements)}`;
}

const program = new Command("bench diagnose").description("Trainings broken on purpose: which failures are named, how early, and what always looking costs.");
const out = () => new Option("--out <folder>", "where runs and measurements go").default(results);
const names = (/** @type {string} */ text) => text.split(",").filter((name) => name !== "");

program
  .command("run")
  .description("train the cases, each in a process of its own")
  .addOption(out())
  .option("--only <names>", "some cases, with commas", names)
  .addOption(new Option("--half <name>", "one half, or the healthy runs").choices(["tuned", "held-out", "healthy"]))
  .option("--steps <n>", "so many of each, in place of its own number", wholeNumber(1))
  .option("--jobs <n>", "so many side by side, which share the engine's threads", wholeNumber(1), availableParallelism())
  .option("--again", "also those that have run")
  .action((/** @type {Parameters<typeof runCases>[0]} */ flags) => runUntilStopped(flags.out, (signal) => runCases(flags, { signal, say })));
program
  .command("table")
  .description("judge the runs by their folders, and write RESULTS.md")
  .addOption(out())
  .option("--print", "only print it")
  .action(async (/** @type {{ out: string, print?: boolean }} */ flags) => {
    const text = `${HEAD}\n${resultsTables(await judgeCases(flags.out))}${overheadPart(flags.out)}`;
    process.stdout.write(text);
    if (flags.print !== true) writeFileSync(written, text);
  });
program
  .command("pictures")
  .description("draw a run of each failure for its page in packages/diagnose/docs")
  .addOption(out())
  .action((/** @type {{ out: string }} */ flags) => runUntilStopped(flags.out, (signal) => drawPictures(flags, { signal, say })));
withSitting(program.command("overhead"), join(results, "overhead"))
  .description("the time of steps with and without a monitor, in turn")
  .option("--rounds <n>", "times that each takes its turn", wholeNumber(1), 5)
  .option("--steps <n>", "timed steps of a turn", wholeNumber(100), 200)
  .action(({ rounds, steps, ...flags }) => carryOut("diagnose", () => overheadPlan({ rounds, steps }), flags));

await program.addHelpText("after", "\nExamples:\n  $ npx --yes pnpm@10 run bench diagnose run --half tuned\n  $ npx --yes pnpm@10 run bench diagnose table").parseAsync();
