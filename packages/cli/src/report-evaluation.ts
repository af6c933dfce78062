import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import type { EngineReport } from "@ssl-vit/engine";
import { type Figure, saveFigure } from "@ssl-vit/visualize";
import type { Command } from "commander";
import { print, printJson, say } from "./console-output.js";
import type { FeatureExtractor } from "./feature-options.js";
import { runFolderOf } from "./load-checkpoint.js";
import { markdownTable } from "./markdown-table.js";
import { packageVersion } from "./package-version.js";
import { withoutFields } from "./without-fields.js";
import { writeWhole } from "./write-whole.js";

/** Options of every evaluation's report. */
export interface ReportOptions {
  readonly json?: boolean;
  readonly name?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly plots: boolean;
}

/** Whose features are judged, as the command line says. */
interface Subject {
  readonly checkpoint: string;
  readonly like?: string;
}

/** What an evaluation found. */
export interface EvaluationReport {
  /** `"knn"`: the file is RUN/eval/NAME.json, NAME being --name or this. */
  readonly kind: string;
  /** What --json prints and the file holds: numbers with their protocol. Plain data. */
  readonly result: Readonly<Record<string, unknown>>;
  /** Printed as a Markdown table. */
  readonly table: { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | number)[])[] };
  /** Lines below the table. */
  readonly notes?: readonly string[];
  /** Drawn beside the file as NAME-SUFFIX.svg and .png. */
  readonly figures?: Readonly<Record<string, () => Promise<Figure>>>;
}

/** Adds the options of the report to a command. */
export function addReportOptions(command: Command): Command {
  return command
    .option("--json", "one JSON object on standard output, with the protocol")
    .option("--name <name>", "of the result's file, RUN/eval/NAME.json (default: the kind of evaluation, and a number when there is another)")
    .option("-o, --out <file.json>", "write the result there in place of the run's folder; for --checkpoint random, pixels and weights, which have none")
    .option("--overwrite", "replace the file that --name or --out names")
    .option("--no-plots", "draw no figures beside the file");
}

const isBaseline = ({ checkpoint }: Subject): boolean => checkpoint === "random" || checkpoint === "pixels";

/** The folder of results, beside the run; that of `--like` for a baseline. Undefined without a run: nothing is written into a folder of others' weights. */
async function folderOf(subject: Subject): Promise<string | undefined> {
  const path = isBaseline(subject) ? subject.like : subject.checkpoint;
  const run = path === undefined ? undefined : await runFolderOf(path);
  return run === undefined ? undefined : join(run, "eval");
}

/** `knn`; `knn-random` for a baseline, beside the run that it is like. */
const defaultName = (subject: Subject, kind: string): string => (isBaseline(subject) ? `${kind}-${subject.checkpoint}` : kind);

/** The file that --out or --name names. Undefined without either, or without a run's folder. */
function namedFile({ out, name }: ReportOptions, folder: string | undefined): string | undefined {
  return out ?? (name === undefined || folder === undefined ? undefined : join(folder, `${name}.json`));
}

/**
 * Refuses a --name or --out that cannot be used, before anything is computed.
 *
 * @throws ConfigError for a file that exists (without --overwrite), one that is no .json, a name that is a path, a name without a run
 */
export async function refuseTakenResult(options: ReportOptions & Subject): Promise<void> {
  const { name, out, overwrite } = options;
  const refuse = (what: string, expected: string, received: string, fix?: string): never => {
    throw new ConfigError({ package: "cli", what, expected, received, ...(fix === undefined ? {} : { fix }) });
  };
  if (name !== undefined && out !== undefined) refuse("--name", "--name or --out, not both", "both");
  if (name !== undefined && !/^[\w.+-]+$/.test(name)) refuse("--name", "letters, digits, and . _ + -", name);
  if (out !== undefined && extname(out).toLowerCase() !== ".json") refuse("--out", "a file name that ends in .json", out);
  const folder = await folderOf(options);
  if (name !== undefined && folder === undefined) refuse("--name", "a run's folder to write to", `--checkpoint ${options.checkpoint}`, "Give --out FILE.json, or --like RUN.");
  const isFolder = folder === undefined || (await stat(folder).then((found) => found.isDirectory(), () => true));
  if (!isFolder && out === undefined) refuse(folder, "a folder for results", "a file", "Move it away, or give --out FILE.json.");
  const file = namedFile(options, folder);
  if (file !== undefined && overwrite !== true && existsSync(file)) refuse(out === undefined ? "--name" : "--out", "a new file", `${file}, which exists`, "Name another one, or add --overwrite.");
  if (overwrite === true && name === undefined && out === undefined) refuse("--overwrite", "with --name or --out, whose file it replaces", "neither", "Without a name nothing is overwritten: the file gets a number.");
}

/** What is compared to tell whether a result is there already: all but when and with what it was made. */
function isSameResult(text: string, content: Readonly<Record<string, unknown>>): boolean {
  try {
    return JSON.stringify(withoutFields(JSON.parse(text) as object, "made", "versions")) === JSON.stringify(content);
  } catch {
    return false;
  }
}

/** Indented JSON, but for rows of numbers (an interval, a row of a confusion matrix), which stay on one line. */
const readableJson = (content: object): string => `${JSON.stringify(content, null, 2).replaceAll(/\[[\s\d.,e+-]+\]/g, (numbers) => numbers.replaceAll(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"))}\n`;

/** The first of `knn`, `knn-2`, … that is free, or holds this very result. */
async function freeFile(folder: string, name: string, content: Readonly<Record<string, unknown>>): Promise<{ readonly file: string; readonly isThere: boolean }> {
  for (let number = 1; ; number++) {
    const file = join(folder, `${number === 1 ? name : `${name}-${number}`}.json`);
    if (!existsSync(file)) return { file, isThere: false };
    if (isSameResult(await readFile(file, "utf8"), content)) return { file, isThere: true };
  }
}

/**
 * Prints a result (as a table, or as JSON) and writes it with its figures: beside the run, to --out, or nowhere without either. What was
 * measured is printed first, so that a disk that refuses the file loses nothing.
 */
export async function reportEvaluation(
  options: ReportOptions & Subject,
  { engine, extractor }: { readonly engine: EngineReport; readonly extractor: Pick<FeatureExtractor, "checkpoint" | "description" | "judged"> },
  { kind, result, table, notes = [], figures = {} }: EvaluationReport,
): Promise<void> {
  const { checkpoint } = options;
  const run = extractor.checkpoint === undefined ? {} : { run: extractor.checkpoint };
  if (options.json === true) {
    printJson({ ...result, checkpoint, ...run, engine: engine.name });
  } else {
    print(markdownTable(table.columns, table.rows));
    for (const note of notes) print(`\n${note}`);
  }

  const content = { kind, ...result, checkpoint, ...run, judged: extractor.judged, engine: { name: engine.name, precision: engine.precision } };
  const folder = await folderOf(options);
  const named = namedFile(options, folder);
  if (named === undefined && folder === undefined) {
    say("          not saved: --out FILE.json keeps the result, with its protocol");
    return;
  }
  const { file, isThere } = named === undefined ? await freeFile(folder!, defaultName(options, kind), content) : { file: named, isThere: false };
  if (isThere) {
    say(`as in     ${file}: the same result was there`);
  } else {
    const versions = { "ssl-vit": packageVersion, node: process.version };
    await writeWhole(file, readableJson({ ...content, made: new Date().toISOString(), versions }));
    say(`wrote     ${file}`);
  }
  if (options.plots) await drawBeside(file, figures, options.overwrite === true);
}

/** Draws what is not there yet. */
async function drawBeside(file: string, figures: EvaluationReport["figures"], overwrite: boolean): Promise<void> {
  for (const [suffix, draw] of Object.entries(figures ?? {})) {
    const stem = `${file.slice(0, -extname(file).length)}-${suffix}`;
    const paths = ["svg", "png"].map((extension) => `${stem}.${extension}`).filter((path) => overwrite || !existsSync(path));
    if (paths.length === 0) continue;
    const figure = await draw();
    for (const path of paths) await saveFigure(figure, path);
    say(`drew      ${paths.join(", ")}`);
  }
}
