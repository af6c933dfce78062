import { basename } from "node:path";
import { ConfigError } from "@ssl-vit/core";

/** The parts that a data set is divided into, by the words that file and folder names have for them. */
const words = {
  train: ["train", "training"],
  val: ["val", "valid", "validation"],
  test: ["test", "testing", "t10k"],
  unlabeled: ["unlabeled", "unlabelled"],
} as const;

/** A part of a data set, as `PATH#train` asks for it. */
export type Split = keyof typeof words;

const isSplit = (text: string): text is Split => text in words;

/** True for a folder that is a split. Its whole name must say so: a class may be called `test tube`. */
export const isSplitFolder = (name: string): boolean => Object.values<readonly string[]>(words).some((names) => names.includes(name.toLowerCase()));

/** The split that the name of a file, a folder or an array tells: `cifar10-train-000003.tar` → train, `t10k-images-idx3-ubyte` → test. */
function splitInName(path: string): Split | undefined {
  const parts = basename(path).toLowerCase().split(/[^a-z0-9]+/);
  return (Object.keys(words) as Split[]).find((split) => words[split].some((word) => parts.includes(word)));
}

/**
 * The files, folders or arrays of the split that a location asks for (`PATH#train`), or all of them where it asks for none.
 *
 * @param splitOf the split that a name belongs to, where it is not said by a word in it
 * @throws ConfigError when the names tell several splits and none was asked for, or when the one asked for is not there
 */
export function chooseSplit(
  location: string,
  paths: readonly string[],
  split: string | undefined,
  splitOf: (path: string) => Split | undefined = splitInName,
): string[] {
  const present = [...new Set(paths.map(splitOf))].filter((found) => found !== undefined);
  const choices = present.map((found) => `#${found}`).join(" or ");
  if (split === undefined) {
    if (present.length < 2) return [...paths];
    throw new ConfigError({
      package: "data",
      what: location,
      expected: `${choices} at the end of a path that holds several splits`,
      received: "none",
      fix: `For example ${location}#${present[0]!}.`,
    });
  }
  const chosen = isSplit(split) ? paths.filter((path) => splitOf(path) === split) : [];
  if (chosen.length > 0) return chosen;
  throw new ConfigError({
    package: "data",
    what: location,
    expected: choices === "" ? "a path without #, because its names tell no split" : choices,
    received: `#${split}`,
  });
}
