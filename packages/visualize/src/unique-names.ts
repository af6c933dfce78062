import { shortened } from "./svg-text.js";

/** Longest name of a class or series, in characters. */
const LONGEST = 32;

/** Names that can be written and differ from each other: a scale takes equal ones for one. The second `cat` becomes `cat (2)`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base = shortened(name, LONGEST).trim() || "(no name)";
    let unique = base;
    for (let number = 2; taken.has(unique); number++) unique = `${base} (${number})`;
    taken.add(unique);
    return unique;
  });
}
