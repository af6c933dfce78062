import { ConfigError } from "@ssl-vit/core";
import { assertNumber } from "./assert-number.js";

/** Refuses what is not a list of epochs in ascending order, none before `first`. */
export function assertEpochs(what: string, epochs: unknown, first = 0): asserts epochs is readonly number[] {
  if (!Array.isArray(epochs)) {
    throw new ConfigError({ package: "optim", what, expected: "a list of numbers", received: JSON.stringify(epochs ?? null) });
  }
  for (const [index, epoch] of epochs.entries()) assertNumber(`${what}[${index}]`, epoch, index === 0 ? first : (epochs[index - 1] as number));
}
