/** Looks in a run, where it is not too long or too short for that. */
const looks = 40;

/**
 * Steps from one look to the next. A look takes about half as long as a step of a method that compares views, and up to as long as one that sees few
 * patches: every 100 steps, as in any run of 4000 or more, it costs 0.5 to 1 % of the time. A shorter run has 40 looks, which cost more of it, as
 * nothing could be told of it by fewer.
 */
export const lookInterval = (totalSteps: number): number => Math.max(5, Math.min(100, Math.round(totalSteps / looks)));

/** Whether a step (from 1) is looked at: every so many, the last one, and 1, 2, 5, 10, 20 … before the first of them, since most failures show early. */
export function isLookStep(step: number, every: number, totalSteps: number): boolean {
  if (step % every === 0 || step === totalSteps) return true;
  return step < every && /^[125]0*$/.test(String(step));
}
