import { ConfigError } from "@ssl-vit/core";

/** Refuses what is not a finite number, or below a minimum. */
export function assertNumber(what: string, value: unknown, minimum = -Infinity): void {
  if (typeof value === "number" && Number.isFinite(value) && value >= minimum) return;
  const expected = minimum === -Infinity ? "a finite number" : `a finite number of at least ${minimum}`;
  throw new ConfigError({ package: "optim", what, expected, received: typeof value === "number" ? String(value) : JSON.stringify(value ?? null) });
}
