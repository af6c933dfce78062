import { colorCorruptions, ConfigError, type CorruptionName, corruptionNames, nearest } from "@ssl-vit/core";
import { say } from "./console-output.js";

/** Words between commas, each once. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(",").map((word) => word.trim()))];

/** Parses `--corruptions`: `all`, or names with commas. */
export function parseCorruptions(text: string): readonly CorruptionName[] | "all" {
  if (text === "all") return "all";
  return wordsOf(text).map((word) => {
    const name = corruptionNames.find((known) => known === word);
    if (name !== undefined) return name;
    const meant = nearest(word, corruptionNames);
    throw new ConfigError({
      package: "cli",
      what: "--corruptions",
      expected: `all, or some of ${corruptionNames.join(", ")}`,
      received: word,
      ...(meant === undefined ? {} : { fix: `Did you mean "${meant}"?` }),
    });
  });
}

/** The corruptions asked for, of images of so many channels. `all` leaves out those of colors where there are none. */
export function corruptionNamesFor(asked: readonly CorruptionName[] | "all", channels: number): readonly CorruptionName[] {
  if (asked !== "all") return asked;
  if (channels === 3) return corruptionNames;
  say(`left out  ${colorCorruptions.join(", ")}: only RGB has it`);
  return corruptionNames.filter((name) => !colorCorruptions.includes(name));
}
