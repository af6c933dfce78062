import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "@ssl-vit/core";

/** A line of metrics.jsonl, or undefined for one that was cut off while it was written: the last, of a run that is at it or was killed. */
function parsed(line: string): { readonly step?: unknown; readonly evaluation?: unknown } | undefined {
  try {
    return JSON.parse(line) as object;
  } catch {
    return undefined;
  }
}

/**
 * What evaluations in flight answered, by metric, in the order of the steps.
 *
 * @throws ConfigError for a folder without metrics.jsonl, and for a run that was not evaluated in flight
 */
export async function readInFlightEvaluations(run: string): Promise<Map<string, { readonly step: number; readonly value: number }[]>> {
  const text = await readFile(join(run, "metrics.jsonl"), "utf8").catch((error: unknown) => {
    throw new ConfigError({ package: "cli", what: "--checkpoint", expected: "a run's folder, with metrics.jsonl", received: run }, { cause: error });
  });
  const bySteps = new Map<number, Readonly<Record<string, unknown>>>();
  for (const line of text.split("\n")) {
    const { step, evaluation } = parsed(line) ?? {};
    if (typeof step === "number" && typeof evaluation === "object" && evaluation !== null) bySteps.set(step, { ...bySteps.get(step), ...evaluation });
  }
  const metrics = new Map<string, { readonly step: number; readonly value: number }[]>();
  for (const [step, evaluation] of [...bySteps].sort(([a], [b]) => a - b)) {
    for (const [name, value] of Object.entries(evaluation)) {
      // What was no number (NaN is written as null) leaves a gap.
      if (typeof value === "number") metrics.set(name, [...(metrics.get(name) ?? []), { step, value }]);
    }
  }
  if (metrics.size === 0) {
    throw new ConfigError({
      package: "cli",
      what: run,
      expected: "a run with evaluations in flight",
      received: "none in its metrics.jsonl",
      fix: "pretrain --eval-train PATH --eval-test PATH, or --eval-quality, makes them.",
    });
  }
  return metrics;
}
