/** Looks, at steps of their own, before which a run without a diagnosis is not called healthy. */
const FEWEST_LOOKS = 3;
/** Share of a run that is looked at before: most rules wait for as much. */
const LEAST_SHARE = 0.1;

/** How much of a run was looked at. */
export interface LookedAt {
  /** Steps with signals. */
  readonly looks: number;
  /** Last step that was logged. */
  readonly step: number;
  readonly totalSteps: number;
}

/** Why a run in which nothing was named cannot be called healthy yet, in words; undefined where it can. */
export function whyUntold({ looks, step, totalSteps }: LookedAt): string | undefined {
  if (looks === 0) return "no signals were logged to judge by";
  if (looks < FEWEST_LOOKS) return `signals of ${looks} ${looks === 1 ? "step" : "steps"} were logged; it takes ${FEWEST_LOOKS}`;
  if (step < LEAST_SHARE * totalSteps) return `only ${step} of ${totalSteps} steps are done; it takes a tenth`;
  return undefined;
}
