import { problemMessage, type RunFailure, type StepContext } from "@ssl-vit/core";

/**
 * Stops a run whose numbers are no longer numbers.
 *
 * @param findOrigin looks for the tensor that went wrong first; only asked when one did
 */
export function assertFinite(what: string, value: number, { progress }: StepContext, findOrigin: () => string | undefined): void {
  if (Number.isFinite(value)) return;
  const origin = findOrigin();
  throw new Error(
    problemMessage({
      package: "trainer",
      what: `${what} at step ${progress.step + 1}`,
      expected: "a finite number",
      received: `${value}${origin === undefined ? "" : `; the first tensor that is not finite is ${origin}`}`,
      fix: "Training diverged; what was saved before is intact. Lower the learning rate, add clipping (optimizer.clipNorm) or a longer warm-up.",
    }),
    { cause: { what, ...(origin === undefined ? {} : { origin }) } satisfies LostNumber },
  );
}

/** What a run that `assertFinite` ended tells of why, as plain data. */
type LostNumber = Omit<RunFailure, "message">;

/** An error as a line of the log. */
export function failureOf({ message, cause }: Error): RunFailure {
  const isLost = typeof cause === "object" && cause !== null && "what" in cause;
  return { message, ...(isLost ? (cause as LostNumber) : {}) };
}
