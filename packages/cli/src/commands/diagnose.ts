import { join } from "node:path";
import { ConfigError, type Diagnosis } from "@ssl-vit/core";
import { changeAsFlags, describeDiagnosis, diagnose, readRun } from "@ssl-vit/diagnose";
import { saveFigure } from "@ssl-vit/visualize";
import { Command } from "commander";
import { print, printJson, say, warn } from "../console-output.js";
import { describeRun } from "../describe-run.js";
import { diagnosisPage } from "../diagnosis-page.js";
import { type DiagnosedRun, drawDiagnosis, hasSignals } from "../draw-diagnosis.js";
import { figureFlag, refuseFigureFile } from "../figure-file.js";
import { pageForTerminal } from "../page-for-terminal.js";
import { runSignalsTable } from "../run-signals-table.js";
import { runState } from "../run-state.js";
import { whyUntold } from "../why-untold.js";
import { wrappedLines } from "../wrapped-lines.js";

interface DiagnoseOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly plots: boolean;
  readonly exitCode?: boolean;
  readonly explain?: string;
}

/** Of the report, where it is text. */
const COLUMNS = 110;
const INDENT = "   ";

/** `ssl-vit diagnose` */
export function diagnoseCommand(): Command {
  return new Command("diagnose")
    .description("Say from a run's log whether it is healthy, or what is wrong, by what that is told and which option to change.")
    .argument("[run]", "a run's folder: finished, ended early, or still running")
    .option("--json", "one JSON object on standard output: healthy (null: too little to tell), diagnoses (causes first, then the likeliest), state, missing")
    .option(figureFlag[0], `draw the signals there (${figureFlag[1]}) in place of RUN/plots/diagnosis.svg and .png`)
    .option("--overwrite", "replace the file that --out names; those in RUN/plots are always drawn anew")
    .option("--no-plots", "draw nothing")
    .option("--exit-code", "exit with 1 when something is wrong, for scripts (otherwise 0: the diagnosis itself succeeded)")
    .option("--explain <name>", "print the page of a diagnosis, and look at no run (see: ssl-vit list diagnoses); Markdown where standard output is no terminal")
    .addHelpText(
      "after",
      `
Examples:
  $ ssl-vit diagnose runs/dino
  $ ssl-vit diagnose runs/dino --json --no-plots | jq -r '.diagnoses[0].name'
  $ ssl-vit diagnose runs/dino --out dino.png
  $ ssl-vit diagnose runs/dino --exit-code || echo "look at it"
  $ ssl-vit diagnose --explain uniform-output`,
    )
    .action(async (folder: string | undefined, options: DiagnoseOptions) => {
      const { explain } = options;
      if (explain !== undefined) {
        if (folder !== undefined) throw new ConfigError({ package: "cli", what: "--explain", expected: "without a run", received: folder });
        const page = await diagnosisPage(explain);
        // As it is for whoever reads it from a pipe. Some terminals say a width of 0.
        print(process.stdout.isTTY ? pageForTerminal(page, process.stdout.columns || COLUMNS) : page.trimEnd());
        return;
      }
      if (folder === undefined) throw new ConfigError({ package: "cli", what: "diagnose", expected: "a run's folder", received: "nothing", fix: "Example: ssl-vit diagnose runs/dino" });
      await diagnoseRun(folder, options);
    });
}

async function diagnoseRun(folder: string, options: DiagnoseOptions): Promise<void> {
  if (options.out !== undefined) refuseFigureFile({ ...options, out: options.out });
  const found = await readRun(folder);
  const { run, missing } = found;
  const state = await runState(folder, found);
  const diagnoses = diagnose(run);
  const looks = new Set(run.logged.flatMap(({ step, signals }) => (signals === undefined ? [] : [step]))).size;
  const untold = whyUntold({ looks, step: state.step, totalSteps: run.totalSteps });
  if (options.json === true) {
    const healthy = diagnoses.length > 0 ? false : untold === undefined ? true : null;
    printJson({ healthy, diagnoses, ...(healthy === null ? { why: untold } : {}), run: folder, method: run.facts.method.name, state: state.name, step: state.step, totalSteps: run.totalSteps, missing });
  } else {
    for (const line of await describeRun(folder, run, state)) print(line);
    for (const line of verdict(diagnoses, untold)) print(line);
    if (missing.length > 0) print(`\n${missing.map((what) => `missing   ${what}`).join("\n")}`);
    const table = runSignalsTable(run);
    if (table !== undefined) print(`\n${table}`);
  }
  if (options.plots && hasSignals(run)) await draw({ folder, run, diagnoses, isJudged: untold === undefined }, options.out);
  if (options.exitCode === true && diagnoses.length > 0) process.exitCode = 1;
}

/** What is wrong, causes first, then the likeliest, each with what to do. */
function verdict(diagnoses: readonly Diagnosis[], untold: string | undefined): readonly string[] {
  if (diagnoses.length === 0) return ["", untold === undefined ? "healthy   nothing is wrong by what was logged" : `unknown   whether it is healthy cannot be told: ${untold}`];
  return diagnoses.flatMap((diagnosis, index) => {
    const [first, ...others] = wrappedLines(describeDiagnosis(diagnosis), COLUMNS - INDENT.length);
    return [
      "",
      `${`${index + 1}.`.padEnd(INDENT.length)}${first!}`,
      ...others.map((line) => INDENT + line),
      ...(diagnosis.change === undefined ? [] : [`${INDENT}change    ${changeAsFlags(diagnosis.change)}`]),
      `${INDENT}more      ssl-vit diagnose --explain ${diagnosis.name}`,
    ];
  });
}

/** Draws the picture: to --out, or into the run's folder, where it may be drawn anew as often as one likes, as the run has all that it is made from. */
async function draw(diagnosed: DiagnosedRun, out: string | undefined): Promise<void> {
  const figure = await drawDiagnosis(diagnosed);
  if (out !== undefined) {
    await saveFigure(figure, out);
    say(`drew      ${out}`);
    return;
  }
  const paths = ["svg", "png"].map((ending) => join(diagnosed.folder, "plots", `diagnosis.${ending}`));
  try {
    for (const path of paths) await saveFigure(figure, path);
    say(`drew      ${paths.join(", ")}`);
  } catch (error) {
    // The answer is there all the same.
    warn(`no picture ${(error as Error).message}; --out FILE.svg draws it elsewhere`);
  }
}
