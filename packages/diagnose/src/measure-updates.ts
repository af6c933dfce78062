import type { Tensor } from "@tensorflow/tfjs-core";
import { byPart } from "./by-part.js";
import { squaredDistances } from "./squared-distances.js";

/**
 * `updateRatio/PART` and `updateRatio`: ‖Δw‖ ÷ ‖w‖ of one update, of each part and of all of them. About 1e-3 is the rule of thumb
 * (https://cs231n.github.io/neural-networks-3/#ratio).
 *
 * @param before weights by parameter, as far as the update may have moved them (a frozen one says nothing of the learning rate)
 * @param after the same after the update, and maybe others
 */
export function measureUpdates(before: Readonly<Record<string, Tensor>>, after: Readonly<Record<string, Tensor>>): Record<string, number> {
  const parts = [...byPart(Object.keys(before))];
  const squares = squaredDistances(
    parts.flatMap(([, names]) => {
      const weights = names.map((name) => before[name]!);
      return [[names.map((name) => after[name]!), weights], [weights]] as const;
    }),
  );
  const ratios = parts.map(([part], index) => [`updateRatio/${part}`, Math.sqrt(squares[2 * index]! / squares[2 * index + 1]!)] as const);
  const total = (offset: number): number => squares.filter((_, index) => index % 2 === offset).reduce((sum, square) => sum + square, 0);
  return Object.fromEntries([...ratios, ["updateRatio", Math.sqrt(total(0) / total(1))]]);
}
