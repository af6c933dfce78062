import { open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { isMissing } from "./run-folder.js";

/** Who writes into a run's folder. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the system's ticks since it was started; 0 where that cannot be known. A later process may have the same number. */
  readonly processStart: number;
  readonly since: string;
}

/** The lock's file in a run's folder. */
const LOCK_FILE = "run.lock";

/** A process that was killed between making the file and filling it has no more than this to do so. */
const FILLED_WITHIN_MS = 500;

/** Field 22 of /proc/PID/stat. The second field is the program's name in brackets and may hold anything. */
async function processStartOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
}

/** True unless it is certain that the process is gone: on another host nothing is certain. */
async function isAlive({ pid, host, processStart }: Owner): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return (await processStartOf(pid)) === processStart;
}

async function ownerIn(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True when the file was made by this call. */
async function tryToMake(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(content).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

const inUse = (folder: string, { pid, host, since }: Owner): ConfigError =>
  new ConfigError({
    package: "trainer",
    what: "out",
    expected: "a folder that no other process trains in",
    received: `${folder}, used by process ${pid} on ${host} since ${since}`,
    fix: host === hostname() ? "Stop that run, or name another folder." : `Stop that run; if that host is gone, remove ${join(folder, LOCK_FILE)}.`,
  });

/**
 * Takes a run's folder for this process. A lock whose process is dead counts for nothing.
 *
 * @returns gives it back
 * @throws ConfigError naming the process that has it
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE);
  const own: Owner = { pid: process.pid, host: hostname(), processStart: await processStartOf(process.pid), since: new Date().toISOString() };
  const content = `${JSON.stringify(own)}\n`;
  while (!(await tryToMake(path, content))) {
    let owner = await ownerIn(path);
    if (owner === undefined) {
      await new Promise((resolve) => setTimeout(resolve, FILLED_WITHIN_MS));
      owner = await ownerIn(path);
    }
    if (owner !== undefined && (await isAlive(owner))) throw inUse(folder, owner);
    // Of several processes that find a dead lock one moves it away; the others find nothing, and try again.
    const dead = `${path}.${process.pid}.dead`;
    await rename(path, dead).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    const moved = await ownerIn(dead);
    // It may have been replaced by a living one since it was read.
    if (moved !== undefined && (await isAlive(moved))) {
      await rename(dead, path);
      throw inUse(folder, moved);
    }
    await rm(dead, { force: true });
  }
  return async () => {
    // On a disk that can no longer be written it stays, and is that of a dead process soon.
    if ((await readFile(path, "utf8").catch(() => "")) === content) await rm(path, { force: true }).catch(() => undefined);
  };
}
