import { runUntilStopped, say } from "./run-until-stopped.js";

/**
 * Puts into the repository what sittings found, and tells which files were written. The exit code is 1 when they are not to be published.
 *
 * @param {string} out where the sittings were kept
 * @param {(out: string) => Promise<readonly string[]>} publish returns the files that it wrote
 */
export const publishSittings = (out, publish) =>
  runUntilStopped(out, async () => {
    for (const path of await publish(out)) say(`wrote ${path}`);
  });
