import { ConfigError } from "@ssl-vit/core";
import { valueText } from "./value-text.js";

/**
 * Refuses a location that names nothing: "" would be the folder that the program happens to run in.
 *
 * @throws ConfigError for an empty text, and for what is no text
 */
export function assertLocation(location: unknown, what = "location"): void {
  if (typeof location === "string" && location.trim() !== "") return;
  throw new ConfigError({ package: "weights", what, expected: "a path or an address, as text", received: valueText(location), fix: 'The folder that a program runs in is ".".' });
}
