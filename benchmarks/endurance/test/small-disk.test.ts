import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canMount, onSmallDisk } from "../small-disk.js";

const folder = mkdtempSync(join(tmpdir(), "ssl-vit-small-disk-test-"));
afterAll(() => { rmSync(folder, { recursive: true }); });

const mounts = (): string => readFileSync("/proc/self/mounts", "utf8");

// Skipped without the rights of root.
describe.skipIf(!canMount())("a small disk", () => {
  it("can be filled to its last byte, emptied, made read-only and larger, and is gone afterwards", async () => {
    const path = await onSmallDisk(folder, (disk) => {
      const file = join(disk.path, "file");
      writeFileSync(file, "");
      const empty = disk.fill();
      expect(() => { writeFileSync(file, "x"); }).toThrow("ENOSPC");
      expect(statSync(join(disk.path, "filler")).size).toBe(60 * 2 ** 20);
      empty();
      writeFileSync(file, "x");
      disk.remount("ro");
      expect(() => { writeFileSync(file, "y"); }).toThrow("EROFS");
      disk.remount("rw");
      disk.remount("size=70m");
      writeFileSync(file, new Uint8Array(65 * 2 ** 20));
      return Promise.resolve(disk.path);
    });
    expect(mounts()).not.toContain(path);
  });

  it("is gone when what used it fails, and when the process is left in between", async () => {
    await expect(onSmallDisk(folder, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const own = join(folder, "own");
    mkdirSync(own);
    const left = `import { onSmallDisk } from ${JSON.stringify(new URL("../small-disk.js", import.meta.url).href)};
      await onSmallDisk(${JSON.stringify(own)}, (disk) => { process.stdout.write(disk.path); process.exit(0); });`;
    expect(execFileSync(process.execPath, ["--input-type=module", "--eval", left], { encoding: "utf8" })).toContain(own);
    expect(mounts()).not.toContain(folder);
  });
});
