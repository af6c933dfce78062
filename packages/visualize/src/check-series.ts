import { ConfigError } from "@ssl-vit/core";

/** Throws ConfigError for nothing to draw, and for values that are no numbers: an axis would silently leave them out. */
export function checkSeries(what: string, values: readonly number[]): void {
  if (values.length === 0) throw new ConfigError({ package: "visualize", what, expected: "something to draw", received: "nothing" });
  const wrong = values.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new ConfigError({ package: "visualize", what, expected: "finite numbers", received: String(wrong) });
}
