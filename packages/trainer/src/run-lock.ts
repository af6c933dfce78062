import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { isMissing } from "./run-folder.js";

/** Who writes into a run's folder. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  /** Of the start of the system; empty where that cannot be known. After another start no process is left. */
  readonly boot: string;
  /** When the process began, in the system's ticks since its start; 0 where that cannot be known. A later process may have the same number. */
  readonly processStart: number;
  readonly since: string;
}

/** The lock's file in a run's folder. */
const LOCK_FILE = "run.lock";

/** What /proc/PID/stat tells: whether the process is one that has ended and is not yet forgotten, and when it began (field 22). */
async function processStatus(pid: number): Promise<{ readonly isZombie: boolean; readonly start: number }> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The second field is the program's name in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { isZombie: fields[0] === "Z" || fields[0] === "X", start: Number(fields[19] ?? 0) };
}

const bootId = async (): Promise<string> => (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();

/** True unless it is certain that the process is gone: on another host nothing is certain. */
async function isAlive({ pid, host, boot, processStart }: Owner): Promise<boolean> {
  if (host !== hostname()) return true;
  if (boot !== (await bootId())) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  const { isZombie, start } = await processStatus(pid);
  return !isZombie && start === processStart;
}

/** Undefined for no lock, or one that nobody wrote: a lock is whole from its first moment. */
async function ownerIn(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The process that trains in a run's folder: undefined for none, and for one that has ended without removing its lock. */
export async function runningProcess(folder: string): Promise<{ readonly pid: number; readonly host: string; readonly since: string } | undefined> {
  const owner = await ownerIn(join(folder, LOCK_FILE));
  return owner === undefined || !(await isAlive(owner)) ? undefined : { pid: owner.pid, host: owner.host, since: owner.since };
}

/** Lets a file have a second name, if nothing has that name: of several processes one succeeds. */
async function tryToLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Tells the files of several calls of one process apart. */
let number = 0;

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
  const own: Owner = { pid: process.pid, host: hostname(), boot: await bootId(), processStart: (await processStatus(process.pid)).start, since: new Date().toISOString() };
  const content = `${JSON.stringify(own)}\n`;
  const [mine, dead] = [`${path}.${process.pid}.${number++}`, `${path}.${process.pid}.${number++}`];
  try {
    await writeFile(mine, content);
    while (!(await tryToLink(mine, path))) {
      const owner = await ownerIn(path);
      if (owner !== undefined && (await isAlive(owner))) throw inUse(folder, owner);
      // Of several processes that find a dead lock one moves it away; the others find nothing, and try again.
      await rename(path, dead).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
      const moved = await ownerIn(dead);
      // It may have been replaced by a living one since it was read: that one gets its place back, unless it has been taken meanwhile.
      if (moved !== undefined && (await isAlive(moved))) {
        await tryToLink(dead, path);
        throw inUse(folder, moved);
      }
      await rm(dead, { force: true });
    }
  } finally {
    for (const name of [mine, dead]) await rm(name, { force: true }).catch(() => undefined);
  }
  return async () => {
    // On a disk that can no longer be written it stays, and is that of a dead process soon.
    if ((await readFile(path, "utf8").catch(() => "")) === content) await rm(path, { force: true }).catch(() => undefined);
  };
}
