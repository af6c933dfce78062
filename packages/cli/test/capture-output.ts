import { afterEach, beforeEach, vi } from "vitest";

/** What the command said in this test. */
export interface CapturedOutput {
  /** On standard output. */
  printed: string;
  /** On standard error. */
  told: string;
  /** On both, in order. */
  both: string;
}

/** Keeps what the command says from the terminal, for each test of a file anew. */
export function captureOutput(): CapturedOutput {
  const captured: CapturedOutput = { printed: "", told: "", both: "" };
  beforeEach(() => {
    Object.assign(captured, { printed: "", told: "", both: "" });
    for (const [stream, name] of [[process.stdout, "printed"], [process.stderr, "told"]] as const) {
      vi.spyOn(stream, "write").mockImplementation((text) => {
        captured[name] += String(text);
        captured.both += String(text);
        return true;
      });
    }
  });
  afterEach(() => { vi.restoreAllMocks(); });
  return captured;
}
