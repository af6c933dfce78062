/** A position beyond the border, brought back into an axis of `size` pixels; one inside stays. The names are those of `numpy.pad`. */
export type BorderPosition = (position: number, size: number) => number;

/** Behind the border as three libraries have it. */
export const borderPosition = {
  /** … 0 0 | 0 1 2 … */
  edge: (position, size) => Math.min(size - 1, Math.max(0, position)),
  /** … 2 1 | 0 1 2 … */
  reflect: (position, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const place = Math.abs(position) % period;
    return Math.min(place, period - place);
  },
  /** … 1 0 | 0 1 2 … */
  symmetric: (position, size) => {
    const period = 2 * size;
    const place = ((position % period) + period) % period;
    return Math.min(place, period - 1 - place);
  },
} as const satisfies Readonly<Record<string, BorderPosition>>;
