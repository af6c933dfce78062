import { changeableValues, type ChangeableValues, type PendingSum, type ProcessGroup } from "@ssl-vit/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Numbers of a gradient that is summed by itself, in the engine's memory. Smaller ones (biases, norms: a hundredth of all) are put together. */
const LARGE = 2 ** 14;
/** Numbers of small gradients that are put together. */
const BUCKET = 2 ** 18;

type Values = ChangeableValues["values"];

/** Sums gradients over processes while the backward pass goes on. */
export interface GradientSums {
  /** Starts the sum of a gradient; its values are not to be used before `finish`. In the same order on every process. */
  readonly add: (name: string, gradient: Tensor) => void;
  /** Waits for all sums. The tensors given to `add` are the caller's again; those whose memory could not be changed are replaced. */
  readonly finish: (gradients: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
}

export function gradientSums(group: ProcessGroup): GradientSums {
  const summands = new Map<string, ChangeableValues>();
  const pending: PendingSum[] = [];
  let small: Values[] = [];
  let smallNumbers = 0;
  /** Small ones, and where in a bucket their sums are. */
  let packed: { readonly values: Values; readonly place: Values }[] = [];

  const sendSmall = (): void => {
    if (small.length === 0) return;
    const bucket = new Float32Array(new ArrayBuffer(4 * smallNumbers));
    let start = 0;
    for (const values of small) {
      const place = bucket.subarray(start, start + values.length);
      place.set(values);
      packed.push({ values, place });
      start += values.length;
    }
    small = [];
    smallNumbers = 0;
    pending.push(group.startSum(bucket));
  };

  const add = (name: string, gradient: Tensor): void => {
    const summand = changeableValues(gradient);
    const { values } = summand;
    summands.set(name, summand);
    if (values.length >= LARGE) {
      pending.push(group.startSum(values));
    } else {
      small.push(values);
      smallNumbers += values.length;
      if (smallNumbers >= BUCKET) sendSmall();
    }
    // Looking after one moves all on.
    while (pending[0]?.isDone() === true) pending.shift();
  };

  return {
    add,
    finish: (gradients) => {
      for (const [name, gradient] of Object.entries(gradients)) if (!summands.has(name)) add(name, gradient);
      sendSmall();
      for (const sum of pending.splice(0)) sum.wait();
      for (const { values, place } of packed) values.set(place);
      packed = [];
      const results = Object.fromEntries(Object.keys(gradients).map((name) => [name, summands.get(name)!.toTensor()]));
      summands.clear();
      return results;
    },
  };
}
