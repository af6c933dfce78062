import { partOf } from "./part-of.js";

/** The names of parameters by the part of the method that they belong to, in the order of the parameters. */
export function byPart(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  for (const name of names) {
    const part = partOf(name);
    const members = parts.get(part);
    if (members === undefined) parts.set(part, [name]);
    else members.push(name);
  }
  return parts;
}
