import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A disk of its own, in memory.
 *
 * @typedef {object} SmallDisk
 * @property {string} path
 * @property {(option: "ro" | "rw" | `size=${string}`) => void} remount throws for "ro" while a file is open for writing
 * @property {() => (() => void)} fill takes all room that is left; what it returns gives it back
 */

const SIZE = "60m";

const FILLED_AT_A_TIME = 2 ** 16;

const mount = (/** @type {string[]} */ ...parameters) => { execFileSync("mount", parameters, { stdio: "pipe" }); };

/** Whether this process may mount a small disk; that takes the rights of root. */
export function canMount() {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-mount-"));
  try {
    mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", folder);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Writes to a file until there is no room. @param {string} file */
function writeUntilFull(file) {
  // First in large parts, then to the last byte.
  for (const bytes of [new Uint8Array(FILLED_AT_A_TIME), new Uint8Array(1)]) {
    try {
      for (;;) writeFileSync(file, bytes, { flag: "a" });
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOSPC") throw error;
    }
  }
}

/**
 * Mounts a small disk (60 MB) for what `use` does. It is gone afterwards, also when this process ends in between.
 *
 * @template Result
 * @param {string} folder where it is mounted
 * @param {(disk: SmallDisk) => Promise<Result>} use
 */
export async function onSmallDisk(folder, use) {
  const path = mkdtempSync(join(folder, "disk-"));
  mount("-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", path);
  const undo = () => { execFileSync("umount", ["-l", path], { stdio: "pipe" }); };
  process.on("exit", undo);
  try {
    return await use({
      path,
      remount: (option) => { mount("-o", `remount,${option}`, path); },
      fill: () => {
        const file = join(path, "filler");
        writeUntilFull(file);
        return () => { rmSync(file); };
      },
    });
  } finally {
    process.off("exit", undo);
    undo();
  }
}

/**
 * Makes a folder that can be written one that cannot, whoever asks, and whatever is open beside it.
 *
 * @param {string} folder
 * @returns {() => void} makes it writable again
 */
export function makeReadOnly(folder) {
  mount("--bind", folder, folder);
  mount("-o", "remount,ro,bind", folder);
  return () => { execFileSync("umount", ["-l", folder], { stdio: "pipe" }); };
}
