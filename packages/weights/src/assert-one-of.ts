import { ConfigError, nearest } from "@ssl-vit/core";
import { valueText } from "./value-text.js";

/**
 * Refuses a name that is none of a list.
 *
 * @param fix where the nearest name is not the answer
 * @throws ConfigError naming the list, with the nearest of it
 */
export function assertOneOf(what: string, value: unknown, names: readonly string[], fix?: string): void {
  if (typeof value === "string" && names.includes(value)) return;
  const meant = typeof value === "string" ? nearest(value, names) : undefined;
  const hint = fix ?? (meant === undefined ? undefined : `Did you mean "${meant}"?`);
  throw new ConfigError({ package: "weights", what, expected: `one of ${names.join(", ")}`, received: typeof value === "string" ? value : valueText(value), ...(hint === undefined ? {} : { fix: hint }) });
}
