import { keep, type Scalar, scalar } from "@tensorflow/tfjs-core";

/**
 * Runs something that uses numbers as tensors. Each number becomes a tensor once, however many parameters need it, and is
 * freed at the end; tfjs would make a new one for every number in every operation.
 */
export function withScalars(run: (constant: (value: number) => Scalar) => void): void {
  const scalars = new Map<number, Scalar>();
  const constant = (value: number): Scalar => {
    const known = scalars.get(value);
    if (known !== undefined) return known;
    const made = keep(scalar(value));
    scalars.set(value, made);
    return made;
  };
  try {
    run(constant);
  } finally {
    for (const made of scalars.values()) made.dispose();
  }
}
