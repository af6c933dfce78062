import { colorCorruptions, ConfigError, type CorruptionName, corruptionNames, nearest } from "@ssl-vit/core";
import { say } from "./console-output.js";

/** Words between commas, each once. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(",").map((word) => word.trim()))];

/** Which of the field's corruptions there are, for a description. */
export const whichCorruptions = "12 of the 15 of ImageNet-C and CIFAR-10-C (not snow, frost, JPEG), and 3 of their 4 extra ones (not spatter)";

const missingReasons = {
  snow: "its formula is not written here yet",
  frost: "it is laid over the authors' own photographs, which do not come with this",
  jpeg: "it needs a JPEG encoder, which the corruptions, made on pixels alone, do not have",
  spatter: "it needs OpenCV's edges and distances",
} as const;

/** Why one of the field's corruptions is left out; undefined for any other word. */
function whyLeftOut(word: string): string | undefined {
  const name = Object.keys(missingReasons).find((missing) => [missing, `${missing}-compression`].includes(word.toLowerCase().replaceAll("_", "-"))) as keyof typeof missingReasons | undefined;
  return name === undefined ? undefined : `${name} is left out because ${missingReasons[name]}.`;
}

/** Parses `--corruptions`: `all`, or names with commas. */
export function parseCorruptions(text: string): readonly CorruptionName[] | "all" {
  if (text === "all") return "all";
  return wordsOf(text).map((word) => {
    const name = corruptionNames.find((known) => known === word);
    if (name !== undefined) return name;
    const meant = nearest(word, corruptionNames);
    const fix = whyLeftOut(word) ?? (meant === undefined ? undefined : `Did you mean "${meant}"?`);
    throw new ConfigError({
      package: "cli",
      what: "--corruptions",
      expected: `all, or some of ${corruptionNames.join(", ")}`,
      received: word,
      ...(fix === undefined ? {} : { fix }),
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
