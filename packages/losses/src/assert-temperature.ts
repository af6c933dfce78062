import { ConfigError } from "@ssl-vit/core";

/** Refuses a temperature that would divide scores by nothing or turn them round. */
export function assertTemperature(option: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new ConfigError({ package: "losses", what: option, expected: "a finite number above 0", received: String(value) });
}
