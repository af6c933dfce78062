import { run } from "@ssl-vit/cli";
import { vi } from "vitest";

/** What the command says to a command line, on both streams, and its exit code. */
export async function toldBy(words: readonly string[]): Promise<{ readonly told: string; readonly code: number }> {
  let told = "";
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      told += String(chunk);
      return true;
    });
  }
  try {
    return { code: await run(words), told };
  } finally {
    process.exitCode = undefined;
    vi.restoreAllMocks();
  }
}
