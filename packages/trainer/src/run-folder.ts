import { appendFile, mkdir, open, readdir, readFile, rename } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigError } from "@ssl-vit/core";

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

/** What a run leaves in its folder. */
const isOfRun = (name: string): boolean =>
  ["checkpoints", "metrics.jsonl", "train.log", "config.resolved.json"].includes(name) || name.startsWith("events.out.tfevents.");

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

/**
 * Makes a folder for a new run. A used one is refused unless `overwrite`.
 *
 * @returns what of an earlier run is to be removed, once the folder is this process's alone
 * @throws ConfigError for a folder with a run or other files, or no folder that can be written
 */
export async function makeRunFolder(folder: string, overwrite: boolean): Promise<readonly string[]> {
  let entries: string[];
  try {
    await makeFolder(resolve(folder));
    entries = (await readdir(folder)).filter((name) => !name.startsWith("run.lock"));
  } catch (error) {
    throw new ConfigError({ package: "trainer", what: "out", expected: "a folder that can be written", received: `${folder} (${(error as Error).message})` }, { cause: error });
  }
  const isRun = entries.includes("config.resolved.json");
  if (entries.length > 0 && (!overwrite || !isRun)) {
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
  return entries.filter(isOfRun).map((name) => join(folder, name));
}

/** The run's log of numbers, one JSON object a line. */
export interface MetricsLog {
  write(entry: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Opens metrics.jsonl. On resume, lines after `keepUntilStep` (and a last line cut short by a kill) are dropped: the run redoes them. */
export async function openMetricsLog(folder: string, keepUntilStep: number): Promise<MetricsLog> {
  const path = join(folder, "metrics.jsonl");
  const text = await readTextIfAny(path);
  if (text !== undefined) {
    const kept = text.split("\n").filter((line) => {
      try {
        return (JSON.parse(line) as { step: number }).step <= keepUntilStep;
      } catch {
        return false;
      }
    });
    await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(""));
  }
  return { write: (entry) => appendFile(path, `${JSON.stringify(entry)}\n`) };
}

/** Appends a line with the time to train.log. */
export async function appendToTrainLog(folder: string, message: string): Promise<void> {
  await appendFile(join(folder, "train.log"), `${new Date().toISOString()} ${message}\n`);
}
