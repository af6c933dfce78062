import { ConfigError } from "@ssl-vit/core";
import type { VoteOptions } from "./neighbor-votes.js";

/** @throws ConfigError if the bank has fewer than k rows, or an option is out of its range */
export function checkKnnOptions({ k, temperature }: Pick<VoteOptions, "k" | "temperature">, bankRows: number): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new ConfigError({ package: "eval", what: "k", expected: "a positive integer", received: `${k}` });
  }
  if (!(temperature > 0)) {
    throw new ConfigError({ package: "eval", what: "temperature", expected: "a positive number", received: `${temperature}` });
  }
  if (k > bankRows) {
    throw new ConfigError({ package: "eval", what: "bank", expected: `at least k = ${k} images`, received: `${bankRows}`, fix: "Give a smaller k." });
  }
}
