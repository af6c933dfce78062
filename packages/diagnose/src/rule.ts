import type { Diagnosis } from "@ssl-vit/core";
import type { DiagnosisName } from "./diagnosis-pages.js";
import type { RunView } from "./run-view.js";

/** What a rule found; with a title where it knows better than the page's what it is. */
export type Finding = Omit<Diagnosis, "name" | "title"> & Partial<Pick<Diagnosis, "title">>;

/** What tells one failure from health and from the others. */
export interface Rule {
  readonly name: DiagnosisName;
  /** Failures that this one leads to: where both are found it comes first. */
  readonly explains: readonly DiagnosisName[];
  /** What it finds in a run; undefined where the run has not what it takes to judge, or is well. */
  readonly find: (view: RunView) => Finding | undefined;
}

/** What every collapse looks like in the end, whatever led to it. */
export const collapses = ["collapse-to-point", "dimensional-collapse", "uniform-output", "one-prototype"] as const satisfies readonly DiagnosisName[];
