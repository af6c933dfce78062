import { problemMessage, type StepContext } from "@ssl-vit/core";

/** Stops a run whose numbers are no longer numbers. */
export function assertFinite(what: string, value: number, { progress }: StepContext): void {
  if (Number.isFinite(value)) return;
  throw new Error(
    problemMessage({
      package: "trainer",
      what: `${what} at step ${progress.step + 1}`,
      expected: "a finite number",
      received: String(value),
      fix: "Training diverged; the last checkpoint is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up.",
    }),
  );
}
