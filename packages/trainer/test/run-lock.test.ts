import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { train } from "../src/index.js";
import { tinyRun } from "./tiny-run.js";

const tiny = tinyRun();
const bootFile = "/proc/sys/kernel/random/boot_id";
const boot = existsSync(bootFile) ? readFileSync(bootFile, "utf8").trim() : "";
if (boot === "") process.stderr.write("SKIPPED locks of zombies and of reused process numbers: this system has no /proc.\n");
const out = (): string => join(tiny.folder, "run");
const lockFile = (): string => join(out(), "run.lock");

/** The number of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = fork("-e", [], { execArgv: [], silent: true });
  const { pid } = child;
  await once(child, "exit");
  return pid!;
}

/** The number of a process that has ended, and whose parent, still there, has not asked how. */
async function zombie(): Promise<{ pid: number; processStart: number }> {
  const parent = spawn("sh", ["-c", "sleep 0.01 & echo $!; exec sleep 5"], { stdio: ["ignore", "pipe", "ignore"] });
  const pid = Number(String(((await once(parent.stdout, "data")) as [Buffer])[0]));
  const fields = (): string[] => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  while (fields()[0] !== "Z") await new Promise((resolve) => setTimeout(resolve, 5));
  return { pid, processStart: Number(fields()[19]) };
}

function writeLock(owner: object): void {
  mkdirSync(out(), { recursive: true });
  writeFileSync(lockFile(), JSON.stringify({ pid: process.pid, host: hostname(), boot, processStart: 0, since: "2026-01-01T00:00:00.000Z", ...owner }));
}

describe("a run's folder", () => {
  it("belongs to one process at a time, and is given back at the end, also of one that is left early or fails", async () => {
    for await (const report of train(tiny.optionsFor({ steps: 3, out: out() }))) {
      if (report.step > 1) break;
      expect(JSON.parse(readFileSync(lockFile(), "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
      await expect(tiny.trainAnew({ steps: 3, out: out(), overwrite: true })).rejects.toThrow(
        new RegExp(`out: expected a folder that no other process trains in, received .*run, used by process ${process.pid} on ${hostname()} since .*Stop that run, or name another folder`),
      );
      await expect(tiny.trainAnew({ steps: 3, out: out(), resume: true })).rejects.toThrow("used by process");
    }
    expect(existsSync(lockFile())).toBe(false);
    await expect(tiny.trainAnew({ steps: 3, out: out(), overwrite: true, evaluateEvery: 1, evaluate: () => Promise.reject(new Error("broken")) })).rejects.toThrow("broken");
    expect(readdirSync(out()).filter((name) => name.startsWith("run.lock"))).toEqual([]);
  });

  it.each<[string, () => Promise<object>]>([
    ["a process that has ended", async () => ({ pid: await endedProcess() })],
    ...(boot === ""
      ? []
      : ([
          ["a process of before the system was started anew", () => Promise.resolve({ pid: process.pid, boot: "another" })],
          ["a process that has ended and nobody has asked how", () => zombie()],
          ["a process whose number another one has now", () => Promise.resolve({ pid: process.pid, processStart: 1 })],
        ] as [string, () => Promise<object>][])),
  ])("is free when its lock is that of %s", async (_, owner) => {
    writeLock(await owner());
    await tiny.trainAnew({ steps: 1, out: out() });
    expect(readdirSync(out()).filter((name) => name.startsWith("run.lock"))).toEqual([]);
  });

  it.each(["", '{"pid":'])("is free when its lock was being written by a process that was killed: %j", async (content) => {
    mkdirSync(out());
    writeFileSync(lockFile(), content);
    await tiny.trainAnew({ steps: 1, out: out() });
    expect(existsSync(lockFile())).toBe(false);
  });

  it("is not free when its process is on another host, for nobody can tell; the message says what to do", async () => {
    writeLock({ host: "elsewhere", pid: 1 });
    await expect(tiny.trainAnew({ steps: 1, out: out() })).rejects.toThrow(`used by process 1 on elsewhere since 2026-01-01T00:00:00.000Z. Stop that run; if that host is gone, remove ${lockFile()}.`);
  });

  it("goes to one of several that find it dead at a time", async () => {
    writeLock({ pid: await endedProcess() });
    const ends = await Promise.allSettled(Array.from({ length: 4 }, () => tiny.trainAnew({ steps: 2, out: out() })));
    expect(ends.filter(({ status }) => status === "fulfilled").length).toBe(1);
    for (const end of ends) if (end.status === "rejected") expect((end.reason as Error).message).toMatch(/used by process|which holds a run/);
  });
});
