/** Of the largest: values nearer to each other would stand between ticks whose labels are the same. */
const EQUAL = 1e-4;

/** Ends of an axis with room around the values; of equal values too, which would else be an axis without length. */
export function paddedDomain(values: readonly number[]): [number, number] {
  const [least, most] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const room = most - least > EQUAL * Math.max(Math.abs(least), Math.abs(most)) ? 0.06 * (most - least) : Math.max(0.05 * Math.abs(most), 0.05);
  return [least - room, most + room];
}
