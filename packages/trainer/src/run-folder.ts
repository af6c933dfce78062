import { mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigError, type LoggedSignals, systemReason } from "@ssl-vit/core";

/** True for the error of a path where nothing is. */
export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** The text of a file, or undefined when there is none. */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What an error shows of a file that does not read as what it should be. */
export const showStart = (text: string): string => (text.length === 0 ? "an empty file" : JSON.stringify(text.slice(0, 40)));

/** Writes a file so that a reader sees the old content or the new one, never half: beside, flushed, renamed. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Makes a folder and those above it. Not by `recursive`, which says of a read-only disk that there is no such folder. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
    if (!isMissing(error) || path === dirname(path)) throw error;
    await makeFolder(dirname(path));
    await mkdir(path);
  }
}

/** What tells that a folder is a run, and what it has to lose. */
export const CONFIG_FILE = "config.resolved.json";

/** What a run leaves in its folder, half-written files too. */
const isOfRun = (name: string): boolean =>
  /^(checkpoints|(metrics\.jsonl|train\.log|config\.resolved\.json)(\.tmp)?)$/.test(name) || name.startsWith("events.out.tfevents.") || name.startsWith("run.lock");

/**
 * Makes a folder for a new run. A used one is refused unless `overwrite`; one in which a run was stopped before it had anything to lose counts as new.
 *
 * @returns what of an earlier run is to be removed
 * @throws ConfigError for a folder with a run or other files, or no folder that can be written
 */
export async function makeRunFolder(folder: string, overwrite: boolean): Promise<readonly string[]> {
  let entries: string[];
  try {
    await makeFolder(resolve(folder));
    entries = await readdir(folder);
  } catch (error) {
    throw new ConfigError({ package: "trainer", what: "out", expected: "a folder that can be written", received: `${folder} (${systemReason(error)})` }, { cause: error });
  }
  const isRun = entries.includes(CONFIG_FILE) || (entries.includes("checkpoints") && entries.every(isOfRun));
  const isUsed = isRun || !entries.every(isOfRun);
  if (isUsed && (!overwrite || !isRun)) {
    throw new ConfigError({
      package: "trainer",
      what: "out",
      expected: "a new or empty folder",
      received: `${folder}, which holds ${isRun ? "a run" : "other files"}`,
      fix: isRun
        ? "Continue it with --resume (resume: true), replace it with --overwrite (overwrite: true), or name another folder."
        : "Name another folder; a folder that is not a run is never overwritten.",
    });
  }
  // What makes it a run goes last: a removal that is cut short can be taken up again.
  const leftovers = entries.filter((name) => isOfRun(name) && !name.startsWith("run.lock"));
  return leftovers.sort((a, b) => Number(a === CONFIG_FILE) - Number(b === CONFIG_FILE)).map((name) => join(folder, name));
}

/** A log that is written at its end. */
interface Log {
  /** Makes what was written durable. */
  readonly sync: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function appendTo(path: string): Promise<Log & { readonly append: (text: string) => Promise<void> }> {
  const file = await open(path, "a");
  return { append: (text) => file.appendFile(text), sync: () => file.datasync(), close: () => file.close() };
}

/** The run's log of numbers, one JSON object a line. */
export interface MetricsLog extends Log {
  write(entry: LoggedSignals): Promise<void>;
  /** The steps whose evaluation is in the log that was found. */
  readonly evaluated: ReadonlySet<number>;
  /** The lines that were found. */
  readonly earlier: readonly LoggedSignals[];
}

/** Opens metrics.jsonl. On resume, lines after `keepUntilStep` (-1: all) (and a last line cut short by a kill) are dropped: the run redoes them. */
export async function openMetricsLog(folder: string, keepUntilStep: number): Promise<MetricsLog> {
  const path = join(folder, "metrics.jsonl");
  const text = await readTextIfAny(path);
  const evaluated = new Set<number>();
  const earlier: LoggedSignals[] = [];
  if (text !== undefined) {
    const kept = text.split("\n").filter((line) => {
      try {
        const entry = JSON.parse(line) as LoggedSignals;
        // Why an earlier part ended is no part of the run that goes on.
        if (entry.step > keepUntilStep || entry.failure !== undefined) return false;
        if (entry.evaluation !== undefined) evaluated.add(entry.step);
        earlier.push(entry);
        return true;
      } catch {
        return false;
      }
    });
    await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(""));
  }
  const { append, sync, close } = await appendTo(path);
  return { write: (entry) => append(`${JSON.stringify(entry)}\n`), sync, close, evaluated, earlier };
}

/** Opens train.log; a last line that was cut short is ended first. Each message gets a line with the time. */
export async function openTrainLog(folder: string): Promise<Log & { write(message: string): Promise<void> }> {
  const path = join(folder, "train.log");
  const before = (await readTextIfAny(path)) ?? "";
  const { append, sync, close } = await appendTo(path);
  if (before !== "" && !before.endsWith("\n")) await append("\n");
  return { write: (message) => append(`${new Date().toISOString()} ${message}\n`), sync, close };
}
