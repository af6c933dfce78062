import { nearest } from "@ssl-vit/core";
import { InvalidArgumentError } from "commander";

/**
 * A parser of an option's value: names with commas, each of those that are known and taken once.
 *
 * @template {string} Name
 * @param {readonly Name[]} known
 * @returns {(text: string) => Name[]}
 */
export const someOf = (known) => (text) => {
  const names = [...new Set(text.split(",").filter((name) => name !== ""))];
  if (names.length === 0) throw new InvalidArgumentError(`Expected some of ${known.join(", ")}, received none.`);
  return names.map((name) => {
    const found = known.find((one) => one === name);
    if (found !== undefined) return found;
    const hint = nearest(name, known);
    throw new InvalidArgumentError(`Expected some of ${known.join(", ")}, received "${name}".${hint === undefined ? "" : ` Did you mean "${hint}"?`}`);
  });
};
