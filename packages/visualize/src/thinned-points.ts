/** A value of a step. */
export interface StepValue {
  readonly step: number;
  readonly value: number;
}

/** So many points as a line of a small panel can show, about: of each stretch of steps the least and the largest, so that no spike is lost. */
export function thinnedPoints(points: readonly StepValue[], most: number): readonly StepValue[] {
  if (points.length <= most) return points;
  const stretch = Math.ceil((2 * points.length) / most);
  const kept: StepValue[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const own = points.slice(start, start + stretch);
    const least = own.reduce((a, b) => (b.value < a.value ? b : a));
    const largest = own.reduce((a, b) => (b.value > a.value ? b : a));
    // The first and the last stay, so that the line begins and ends where the run does.
    const ends = [...(start === 0 ? [own[0]!] : []), ...(start + stretch >= points.length ? [own.at(-1)!] : [])];
    kept.push(...[...new Set([least, largest, ...ends])].sort((a, b) => a.step - b.step));
  }
  return kept;
}
