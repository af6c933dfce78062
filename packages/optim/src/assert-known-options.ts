import { ConfigError, nearest } from "@ssl-vit/core";

/** Refuses an option that does not exist, by its nearest name. */
export function assertKnownOptions(what: string, given: Iterable<string>, known: readonly string[]): void {
  for (const option of given) {
    if (known.includes(option)) continue;
    const hint = nearest(option, known);
    throw new ConfigError(`[@ssl-vit/optim] Unknown option "${option}" of ${what}. ${hint === undefined ? `Options: ${known.join(", ")}.` : `Did you mean "${hint}"?`}`);
  }
}
