/**
 * @typedef {Readonly<Record<string, ArrayLike<number>>>} Tensors by name
 * @typedef {{ relative: number, ofUpdate: number, worst: { name: string, relative: number } }} TensorDifferences
 */

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} [b] the sum of the squares of `a - b` */
function squares(a, b) {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (/** @type {number} */ (a[index]) - (b?.[index] ?? 0)) ** 2;
  return sum;
}

/** @param {number} difference @param {number} size */
const share = (difference, size) => (difference === 0 ? 0 : difference / size);

/** The largest |a - b| / |a|. @param {readonly number[]} reference @param {readonly number[]} other */
export const largestRelative = (reference, other) => Math.max(...reference.map((value, index) => share(Math.abs(value - (other[index] ?? NaN)), Math.abs(value))));

/** The norm of the difference in the norm of the reference. @param {ArrayLike<number>} reference @param {ArrayLike<number>} other */
export const relativeNorm = (reference, other) => Math.sqrt(share(squares(reference, other), squares(reference)));

/**
 * How far the tensors of a training are from those of another: all together, in their norm and in that of what the training changed; and the one that is
 * farthest in its own norm.
 *
 * @param {Tensors} initial of both
 * @param {Tensors} reference
 * @param {Tensors} other
 * @returns {TensorDifferences}
 */
export function tensorDifferences(initial, reference, other) {
  let [difference, size, update] = [0, 0, 0];
  let worst = { name: "–", relative: 0 };
  for (const [name, values] of Object.entries(reference)) {
    const [received, before] = [other[name], initial[name]];
    if (received?.length !== values.length || before?.length !== values.length) throw new Error(`${name}: expected ${values.length} numbers in every training, received ${before?.length} and ${received?.length}`);
    difference += squares(values, received);
    size += squares(values);
    update += squares(values, before);
    const relative = relativeNorm(values, received);
    if (!(relative <= worst.relative)) worst = { name, relative };
  }
  return { relative: Math.sqrt(share(difference, size)), ofUpdate: Math.sqrt(share(difference, update)), worst };
}
