import { type Collective, singleProcess } from "@ssl-vit/core";
import { onRanks, type Tolerance } from "@ssl-vit/testing";
import { addN, concat, div, grads, type Tensor, tidy, split } from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** A loss, and how its inputs lie on several processes. */
export interface LossOnRanks {
  readonly loss: (inputs: Tensor[], collective: Collective) => Tensor;
  readonly inputs: readonly Tensor[];
  /** Axis along which each input is shared out; undefined where every process has all of it. Default: the first of each. */
  readonly batchAxes?: readonly (number | undefined)[];
  /** Inputs to differentiate. Default: all. */
  readonly differentiated?: readonly number[];
  readonly tolerance?: Tolerance;
}

/** Expects 2 and 3 processes with their share of the batch to give, on average, the loss and the gradients of one with all of it. */
export function expectSameOnRanks({ loss, inputs, batchAxes = inputs.map(() => 0), differentiated = [...inputs.keys()], tolerance }: LossOnRanks): void {
  const run = (given: readonly Tensor[], collective: Collective) => {
    const ofVariables = (...variables: Tensor[]): Tensor =>
      loss(given.map((input, index) => variables[differentiated.indexOf(index)] ?? input), collective);
    return { value: loss([...given], collective), gradients: grads(ofVariables)(differentiated.map((index) => given[index]!)) };
  };
  tidy(() => {
    const alone = run(inputs, singleProcess);
    for (const size of [2, 3]) {
      const shares = inputs.map((input, index) => {
        const axis = batchAxes[index];
        return axis === undefined ? Array.from({ length: size }, () => input) : split(input, size, axis);
      });
      const together = onRanks(size, (collective) => run(shares.map((share) => share[collective.rank]!), collective));
      const mean = (tensors: Tensor[]): Tensor => div(addN(tensors), size);
      expect(mean(together.map(({ value }) => value)), `loss of ${size} processes`).toBeAllClose(alone.value, tolerance);
      for (const [position, index] of differentiated.entries()) {
        const gradients = together.map((rank) => rank.gradients[position]!);
        const axis = batchAxes[index];
        const joined = axis === undefined ? mean(gradients) : div(concat(gradients, axis), size);
        expect(joined, `gradient of input ${index} on ${size} processes`).toBeAllClose(alone.gradients[position]!, tolerance);
      }
    }
  });
}
