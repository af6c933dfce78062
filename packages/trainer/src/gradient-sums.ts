import { type PendingSum, type ProcessGroup, tensorMemory } from "@ssl-vit/core";
import { tensor, type Tensor } from "@tensorflow/tfjs-core";

/** Numbers of a gradient that is summed by itself, in the engine's memory. Smaller ones (biases, norms: a hundredth of all) are put together. */
const LARGE = 2 ** 14;
/** Numbers of small gradients that are put together. */
const BUCKET = 2 ** 18;

/** Sums gradients over processes while the backward pass goes on. */
export interface GradientSums {
  /** Starts the sum of a gradient; its values are not to be used before `finish`. In the same order on every process. */
  readonly add: (name: string, gradient: Tensor) => void;
  /** Waits for all sums. The tensors given to `add` are the caller's again; those whose memory could not be changed are replaced. */
  readonly finish: (gradients: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
}

/** A gradient under way: its own memory, or a copy that becomes a tensor in its place. */
interface Summand {
  readonly name: string;
  readonly values: Float32Array<ArrayBuffer>;
  readonly isInPlace: boolean;
}

function summandOf(name: string, gradient: Tensor): Summand {
  const memory = tensorMemory(gradient);
  return memory === undefined ? { name, values: gradient.dataSync<"float32">().slice(), isInPlace: false } : { name, values: memory, isInPlace: true };
}

export function gradientSums(group: ProcessGroup): GradientSums {
  let summands = new Map<string, Summand>();
  const pending: PendingSum[] = [];
  let small: Summand[] = [];
  let smallNumbers = 0;
  /** What to do with a sum of small ones. */
  let unpack: (() => void)[] = [];

  const sendSmall = (): void => {
    if (small.length === 0) return;
    const [parts, bucket] = [small, new Float32Array(new ArrayBuffer(4 * smallNumbers))];
    small = [];
    smallNumbers = 0;
    let place = 0;
    for (const { values } of parts) {
      bucket.set(values, place);
      place += values.length;
    }
    pending.push(group.startSum(bucket));
    unpack.push(() => {
      let from = 0;
      for (const { values } of parts) {
        values.set(bucket.subarray(from, from + values.length));
        from += values.length;
      }
    });
  };

  const add = (name: string, gradient: Tensor): void => {
    const summand = summandOf(name, gradient);
    summands.set(name, summand);
    if (summand.values.length >= LARGE) {
      pending.push(group.startSum(summand.values));
    } else {
      small.push(summand);
      smallNumbers += summand.values.length;
      if (smallNumbers >= BUCKET) sendSmall();
    }
    // Looking after one moves all on.
    while (pending[0]?.isDone() === true) pending.shift();
  };

  return {
    add,
    finish: (gradients) => {
      const missing = Object.keys(gradients).filter((name) => !summands.has(name));
      for (const name of missing) add(name, gradients[name]!);
      sendSmall();
      for (const sum of pending.splice(0)) sum.wait();
      for (const put of unpack) put();
      const results: Record<string, Tensor> = {};
      for (const [name, gradient] of Object.entries(gradients)) {
        const { values, isInPlace } = summands.get(name)!;
        results[name] = isInPlace ? gradient : tensor(values, gradient.shape);
        if (!isInPlace) gradient.dispose();
      }
      summands = new Map();
      unpack = [];
      return results;
    },
  };
}
