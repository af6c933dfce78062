/**
 * L-BFGS with a preconditioner: Nocedal & Wright, "Numerical Optimization" (2006), algorithms 7.4 and 7.5. Deviation: the line search only
 * backtracks (sufficient decrease), and a step without positive curvature is not remembered; both suffice for a convex function.
 */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimizeOptions {
  /** Overwrites a vector v by an approximation of (inverse second derivative)·v. Default: a multiple of v, by the last step's curvature. */
  readonly precondition?: ((vector: Float64Array) => void) | undefined;
  /** Ends when an iteration lowers the value by less than this share of it. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

const memory = 10;
const sufficientDecrease = 1e-4;
const smallestStep = 2 ** -20;

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** a + scale·b in place. */
function addScaled(a: Float64Array, b: Float64Array, scale: number): void {
  for (let index = 0; index < a.length; index++) a[index]! += scale * b[index]!;
}

/** What stands in for the preconditioner: the scale of N&W equation 7.20, and before the first step one that makes it of length 1. */
function scaleByCurvature(vector: Float64Array, last: Correction | undefined): void {
  const scale = last === undefined ? 1 / Math.sqrt(dot(vector, vector)) : last.curvature / dot(last.change, last.change);
  vector.forEach((value, index) => (vector[index] = scale * value));
}

/** (approximate inverse second derivative)·gradient, by the two loops over what earlier steps taught. */
function direction(gradient: Float64Array, corrections: readonly Correction[], precondition: MinimizeOptions["precondition"]): Float64Array {
  const result = gradient.slice();
  const weights = corrections.toReversed().map(({ step, change, curvature }) => {
    const weight = dot(step, result) / curvature;
    addScaled(result, change, -weight);
    return weight;
  });
  weights.reverse();
  if (precondition === undefined) scaleByCurvature(result, corrections.at(-1));
  else precondition(result);
  corrections.forEach(({ step, change, curvature }, index) => {
    addScaled(result, step, weights[index]! - dot(change, result) / curvature);
  });
  return result;
}

/** The point near which a smooth convex function is least. */
export function minimize(evaluate: (point: Float64Array) => Evaluation, start: Float64Array, options: MinimizeOptions): Float64Array {
  const { precondition, tolerance, maxIterations } = options;
  const corrections: Correction[] = [];
  let point = start;
  let current = evaluate(point);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const descent = direction(current.gradient, corrections, precondition);
    const slope = dot(current.gradient, descent);
    let scale = 1;
    let next = point;
    let reached = current;
    for (; scale >= smallestStep; scale /= 2) {
      next = point.slice();
      addScaled(next, descent, -scale);
      reached = evaluate(next);
      if (reached.value <= current.value - sufficientDecrease * scale * slope) break;
    }
    // Rounding, not the function, says that no step helps: this is the minimum as far as float32 sums can tell.
    if (scale < smallestStep) return point;
    const step = next.slice();
    addScaled(step, point, -1);
    const change = reached.gradient.slice();
    addScaled(change, current.gradient, -1);
    const curvature = dot(step, change);
    if (curvature > 0) corrections.push({ step, change, curvature });
    if (corrections.length > memory) corrections.shift();
    const decrease = current.value - reached.value;
    [point, current] = [next, reached];
    if (decrease <= tolerance * Math.abs(current.value)) return point;
  }
  return point;
}
