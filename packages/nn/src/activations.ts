import { add, erf, exp, mul, relu, square, step, type Tensor } from "@tensorflow/tfjs-core";

/** A function's value, and its derivative there for whoever needs it: it shares what the value was computed from. */
interface Activated {
  readonly value: Tensor;
  readonly derivative: () => Tensor;
}

/** φ(x), the standard normal density. */
const normalDensity = (x: Tensor): Tensor => mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));

/** x·Φ(x), with the standard normal distribution function Φ; its derivative is Φ(x) + x·φ(x). */
function gelu(x: Tensor): Activated {
  const distribution = add(mul(erf(mul(x, Math.SQRT1_2)), 0.5), 0.5);
  return { value: mul(x, distribution), derivative: () => add(distribution, mul(x, normalDensity(x))) };
}

/** What may follow a linear layer, by name. */
export const activations = {
  gelu,
  relu: (x: Tensor): Activated => ({ value: relu(x), derivative: () => step(x) }),
};

/** A name in `activations`. */
export type Activation = keyof typeof activations;
