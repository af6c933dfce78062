import { chmodSync } from "node:fs";

/** A user without rights of its own, on Linux and macOS: `nobody`. */
const NOBODY = 65534;

/**
 * Runs a function as somebody who may not read everything, for the superuser may. `folder` is one that has to be reached.
 *
 * @returns undefined where this user cannot be another one, nor is an ordinary one
 */
export async function asAnotherUser<Result>(folder: string, run: () => Promise<Result>): Promise<Result | undefined> {
  if (process.platform === "win32") return undefined;
  if (process.getuid?.() !== 0) return run();
  if (process.seteuid === undefined) return undefined;
  chmodSync(folder, 0o755);
  process.seteuid(NOBODY);
  try {
    return await run();
  } finally {
    process.seteuid(0);
  }
}
