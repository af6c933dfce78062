import { getBackend, setBackend } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll } from "vitest";

/** Has the tests around this call (of a file, or of a `describe`) run on a tfjs backend, and those after them on the one before. */
export function useBackend(backend: string): void {
  let before: string;
  beforeAll(async () => {
    before = getBackend();
    await setBackend(backend);
  });
  afterAll(() => setBackend(before));
}
