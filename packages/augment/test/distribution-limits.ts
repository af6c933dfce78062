/** Limits of the tests of random draws: a right implementation is beyond one in a share `error` of all seeds. */

/** Largest distance of the cumulative distributions of two samples (Kolmogorov and Smirnov). Distances at some points only are smaller still. */
export const kolmogorovLimit = (first: number, second: number, error: number): number => Math.sqrt((-Math.log(error / 2) / 2) * (1 / first + 1 / second));

/** χ² of so many degrees of freedom: exact for one; Wilson and Hilferty's approximation, less than 1 % too large from 23 degrees on. */
export function chiSquareLimit(degrees: number, error: number): number {
  if (degrees === 1) return normalQuantile(1 - error / 2) ** 2;
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + normalQuantile(1 - error) * Math.sqrt(spread)) ** 3;
}

/** χ² of counts of the same events in two samples; an event that is nowhere has no part in it. */
export function chiSquareOfTwo(first: readonly number[], second: readonly number[]): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [firstShare, secondShare] = [Math.sqrt(sum(second) / sum(first)), Math.sqrt(sum(first) / sum(second))];
  return first.reduce((total, count, index) => {
    const other = second[index]!;
    return count + other === 0 ? total : total + (firstShare * count - secondShare * other) ** 2 / (count + other);
  }, 0);
}

/** Where the standard normal distribution reaches a share, found by halving; the distribution by Simpson's rule. */
function normalQuantile(share: number): number {
  const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  const shareBelow = (x: number): number => {
    const steps = 400;
    const width = x / steps;
    let area = density(0) + density(x);
    for (let step = 1; step < steps; step++) area += (step % 2 === 1 ? 4 : 2) * density(step * width);
    return 0.5 + (area * width) / 3;
  };
  let [low, high] = [-10, 10];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (shareBelow(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}
