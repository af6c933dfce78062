import type { Progress } from "@ssl-vit/core";

/** Share of the run that is done, 0 … 1; or of a course that lasts `stretch` times as long as the run. */
export function shareOfRun({ step, totalSteps }: Progress, stretch = 1): number {
  const length = totalSteps * stretch;
  return step < length ? step / length : 1;
}

/** From one value to another on a straight line; exact at both ends. */
export const alongLine = (from: number, to: number, share: number): number => from * (1 - share) + to * share;

/** From one value to another on half a cosine; exact at both ends. */
export const alongCosine = (from: number, to: number, share: number): number => alongLine(from, to, (1 - Math.cos(Math.PI * share)) / 2);
