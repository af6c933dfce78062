/**
 * Exact t-SNE (van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008): equations 1 to 5 with perplexity by bisection, momentum and the
 * early exaggeration of section 3.4, and the step sizes by coordinate that the authors' code takes. Distances between rows are squared
 * Euclidean ones of rows of length 1, which order pairs as the cosine distance does. Written from the formulas.
 */
import { ConfigError, createRandom } from "@ssl-vit/core";
import { checkPoints } from "./check-points.js";
import { unitRows } from "./nearest-by-cosine.js";

/** Options of {@link tsneLayout}. */
export interface TsneOptions {
  /** Effective number of neighbours of a point, from 5 to 50 in the paper. Default 30. */
  readonly perplexity?: number;
  /** Default 1000, the paper's. */
  readonly iterations?: number;
  readonly seed: number;
}

/** Time and memory grow with the square of the rows. */
const MOST_ROWS = 5000;
const EXAGGERATION = 12;
const EXAGGERATED_ITERATIONS = 250;

/** Shares p(j|i) of one point whose entropy is the logarithm of the perplexity (equation 1), by bisection over the precision 1/(2σ²). */
function conditionalShares(distances: Float64Array, point: number, perplexity: number): Float64Array {
  const shares = new Float64Array(distances.length);
  // Relative to the nearest other row, which changes no share: exp() of all would else be 0 for a far one.
  const nearest = distances.reduce((least, value, other) => (other === point ? least : Math.min(least, value)), Number.POSITIVE_INFINITY);
  let [precision, low, high] = [1, 0, Number.POSITIVE_INFINITY];
  for (let attempt = 0; attempt < 64; attempt++) {
    let [sum, weighted] = [0, 0];
    for (let other = 0; other < shares.length; other++) {
      const share = other === point ? 0 : Math.exp(-precision * (distances[other]! - nearest));
      shares[other] = share;
      sum += share;
      weighted += share * (distances[other]! - nearest);
    }
    const excess = Math.log(sum) + (precision * weighted) / sum - Math.log(perplexity);
    for (let other = 0; other < shares.length; other++) shares[other]! /= sum;
    if (Math.abs(excess) < 1e-5) break;
    if (excess > 0) [low, precision] = [precision, high === Number.POSITIVE_INFINITY ? precision * 2 : (precision + high) / 2];
    else [high, precision] = [precision, (precision + low) / 2];
  }
  return shares;
}

/**
 * The joint shares of all pairs, [N, N]: (p(j|i) + p(i|j)) / 2N.
 *
 * @param values [N, D], of any lengths
 */
export function jointShares(values: ArrayLike<number>, dim: number, perplexity: number): Float64Array {
  const unit = unitRows(values, dim);
  const count = unit.length / dim;
  const joint = new Float64Array(count * count);
  const distances = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    for (let other = 0; other < count; other++) {
      let sum = 0;
      for (let index = 0; index < dim; index++) sum += (unit[row * dim + index]! - unit[other * dim + index]!) ** 2;
      distances[other] = sum;
    }
    conditionalShares(distances, row, perplexity).forEach((share, other) => {
      joint[row * count + other]! += share / (2 * count);
      joint[other * count + row]! += share / (2 * count);
    });
  }
  return joint;
}

/** The gradient of the divergence (equation 5) at a layout [N, 2], the joint shares enlarged by a factor; written into `gradient`. */
export function tsneGradient(joint: Float64Array, layout: Float64Array, exaggeration: number, gradient: Float64Array): void {
  const count = layout.length / 2;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    for (let other = row + 1; other < count; other++) {
      sum += 2 / (1 + (layout[2 * row]! - layout[2 * other]!) ** 2 + (layout[2 * row + 1]! - layout[2 * other + 1]!) ** 2);
    }
  }
  gradient.fill(0);
  for (let row = 0; row < count; row++) {
    for (let other = row + 1; other < count; other++) {
      const [x, y] = [layout[2 * row]! - layout[2 * other]!, layout[2 * row + 1]! - layout[2 * other + 1]!];
      const kernel = 1 / (1 + x * x + y * y);
      const pull = 4 * (exaggeration * joint[row * count + other]! - kernel / sum) * kernel;
      gradient[2 * row]! += pull * x;
      gradient[2 * row + 1]! += pull * y;
      gradient[2 * other]! -= pull * x;
      gradient[2 * other + 1]! -= pull * y;
    }
  }
}

/**
 * Where rows of features lie on a plane by exact t-SNE. The same seed gives the same bytes.
 *
 * @param values [N, D], row by row; N at most 5,000
 * @returns [N, 2]
 * @throws ConfigError for too many rows or fewer than three times the perplexity, rows of zeros, and values that are no numbers; ShapeError for no
 *   whole number of rows
 */
export function tsneLayout(values: Float32Array, dim: number, { perplexity = 30, iterations = 1000, seed }: TsneOptions): Float32Array {
  const count = checkPoints("features", values, dim);
  if (!(perplexity > 1)) throw new ConfigError({ package: "visualize", what: "perplexity", expected: "a number above 1", received: String(perplexity) });
  if (count > MOST_ROWS || count < 3 * perplexity) {
    throw new ConfigError({ package: "visualize", what: "features", expected: `from three times the perplexity, ${perplexity}, to ${MOST_ROWS} rows`, received: String(count) });
  }
  const joint = jointShares(values, dim, perplexity);
  const layout = Float64Array.from(createRandom(seed).derive("t-SNE").normals(2 * count), (draw) => 1e-4 * draw);
  const [gradient, step, gains] = [new Float64Array(2 * count), new Float64Array(2 * count), new Float64Array(2 * count).fill(1)];
  const learningRate = Math.max(50, count / EXAGGERATION / 4);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const isEarly = iteration < EXAGGERATED_ITERATIONS;
    tsneGradient(joint, layout, isEarly ? EXAGGERATION : 1, gradient);
    for (let index = 0; index < layout.length; index++) {
      // A coordinate that goes on in its direction takes longer steps, one that turns shorter ones.
      gains[index] = Math.max(0.01, Math.sign(gradient[index]!) === Math.sign(step[index]!) ? gains[index]! * 0.8 : gains[index]! + 0.2);
      step[index] = (isEarly ? 0.5 : 0.8) * step[index]! - learningRate * gains[index]! * gradient[index]!;
      layout[index]! += step[index]!;
    }
  }
  return Float32Array.from(layout);
}
