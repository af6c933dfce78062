import { memory } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** Runs a function twice (the first call may create caches) and expects the second one to leave as many tensors as it found. */
export async function expectNoLeaks(run: () => unknown): Promise<void> {
  await run();
  const before = memory().numTensors;
  await run();
  expect(memory().numTensors - before, "tensors left behind").toBe(0);
}
