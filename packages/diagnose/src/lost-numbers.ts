import type { RunFailure } from "@ssl-vit/core";
import { medianOf } from "./evidence.js";
import type { RunView } from "./run-view.js";

/** What was no finite number when a run ended: `"loss"`; undefined when it ended for another reason. */
export function lostNumber({ message, what }: RunFailure): string | undefined {
  if (what !== undefined) return what;
  return /\] (.+?)(?: at step \d+)?: expected a finite number, received /.exec(message)?.[1];
}

/** The last gradient norm as a multiple of the middle one. NaN without enough looks. */
export function gradientGrowth(view: RunView): number {
  const names = ["gradientNorm", "gradientNormMax"] as const;
  const values = names.flatMap((name) => view.series(name)).flatMap(({ step, value }) => (step > 0 ? [value] : []));
  return values.length < 3 ? NaN : Math.max(...names.map((name) => view.last(name) ?? 0)) / medianOf(values);
}
