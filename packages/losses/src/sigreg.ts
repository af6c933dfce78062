/**
 * SIGReg, LeJEPA's regulariser: along every direction, the embeddings shall be distributed as a standard normal number.
 *
 * Paper: Balestriero and LeCun, https://arxiv.org/abs/2511.08544, Section 4.
 * Checked against lightly's SIGReg (lightly/loss/lejepa_loss.py) and rbalestr-lab/lejepa (MINIMAL.md).
 *
 * For a direction a, with N embeddings x and the empirical characteristic function φ̂(t) = mean exp(i·t·aᵀx), the statistic is
 *   N·∫ |φ̂(t) − exp(−t²/2)|²·exp(−t²/2) dt over [−maxFrequency, maxFrequency],
 * by the trapezoidal rule. The integrand is even, so that only t ≥ 0 is computed, and counted twice.
 */
import { assertShape, type Collective, ConfigError, type Float, singleProcess, withGradient, withoutGradient } from "@ssl-vit/core";
import { add, cos, matMul, mean, mul, sin, split, square, stack, sub, sum, type Tensor, tensor2d, tidy, unstack, zerosLike } from "@tensorflow/tfjs-core";
import { normalizeRows } from "./normalize-rows.js";

/** Options of {@link sigreg}. */
export interface SigregOptions {
  /** Frequencies t from 0 to `maxFrequency` at which characteristic functions are compared. Default 17. */
  readonly knots?: number;
  /** Default 3. */
  readonly maxFrequency?: number;
  /** The other processes of the run: the statistic is of the whole batch. They must be given the same directions. Default: there are none. */
  readonly collective?: Collective;
}

/**
 * The Epps-Pulley statistic of the embeddings' products with each direction, averaged over the directions. LeJEPA calls it for each view.
 *
 * @param embeddings [N, D]
 * @param directions [M, D], drawn anew for each step (`random.normals`); rows are L2-normalised here
 * @returns a scalar that the caller owns, differentiable in `embeddings` alone
 * @throws ShapeError when the dimensions differ; ConfigError for less than 2 knots or a highest frequency that is not above 0
 */
export function sigreg(
  embeddings: Float<"N D">,
  directions: Float<"M D">,
  { knots = 17, maxFrequency = 3, collective = singleProcess }: SigregOptions = {},
): Float<""> {
  assertShape("losses", "embeddings", embeddings, [-1, -1]);
  assertShape("losses", "directions", directions, [-1, embeddings.shape[1]], "A direction has as many values as an embedding.");
  if (!(Number.isInteger(knots) && knots >= 2)) {
    throw new ConfigError({ package: "losses", what: "knots", expected: "a whole number of at least 2", received: String(knots) });
  }
  if (!(maxFrequency > 0 && Number.isFinite(maxFrequency))) {
    throw new ConfigError({ package: "losses", what: "maxFrequency", expected: "a finite number above 0", received: String(maxFrequency) });
  }
  const frequencies = Array.from({ length: knots }, (_, knot) => (maxFrequency * knot) / (knots - 1));
  return tidy(() => {
    const unit = withoutGradient(() => normalizeRows(directions));
    return eppsPulley(matMul(embeddings, unit, false, true), frequencies, collective);
  });
}

/** The statistic of each column of x [N, M], averaged over columns. Frequency by frequency, so that nothing is larger than x. */
function eppsPulley(x: Float<"N M">, frequencies: readonly number[], collective: Collective): Float<""> {
  const [rows, columns] = x.shape;
  const samples = rows * collective.size;
  const step = frequencies[1]! - frequencies[0]!;
  const normal = frequencies.map((t) => Math.exp((-t * t) / 2));
  // Trapezoids over both signs of t: the two ends have half the weight of the other knots.
  const weights = normal.map((window, knot) => [window * step * (knot === 0 || knot === frequencies.length - 1 ? 1 : 2)]);
  const share = samples / columns;

  return withGradient(
    [x],
    (save) => {
      const means = frequencies.map((t) => tidy(() => stack([mean(cos(mul(x, t)), 0), mean(sin(mul(x, t)), 0)]))); // [2, M] each
      const ofAll = collective.allReduce(stack(means, 1), "mean"); // [2, T, M]
      const [real, imaginary] = unstack(ofAll) as [Float<"T M">, Float<"T M">];
      const realError = sub(real, tensor2d(normal.map((value) => [value])));
      const weight = tensor2d(weights); // [T, 1]
      save([x, mul(realError, weight), mul(imaginary, weight)]);
      return mul<Float<"">>(sum(mul(add(square(realError), square(imaginary)), weight)), share);
    },
    (dy, saved) => {
      const [savedX, realWeighted, imaginaryWeighted] = saved as [Float<"N M">, Float<"T M">, Float<"T M">];
      // Every process computes the same value: the mean of their gradients, over its own rows.
      const scale = mul(collective.allReduce(dy, "mean"), (2 * share) / rows);
      const [reals, imaginaries] = [realWeighted, imaginaryWeighted].map((tensor) => split(mul(tensor, scale), frequencies.length)) as [Tensor[], Tensor[]];
      const gradient = frequencies.reduce<Tensor>((total, t, knot) => {
        const next = tidy(() => {
          const angles = mul(savedX, t);
          return add(total, mul(sub(mul(cos(angles), imaginaries[knot]!), mul(sin(angles), reals[knot]!)), t)); // [N, M]
        });
        total.dispose();
        return next;
      }, zerosLike(savedX));
      return [gradient];
    },
  );
}
