import { existsSync } from "node:fs";
import { ConfigError } from "@ssl-vit/core";

/** Throws ConfigError when --out names a file that exists and --overwrite was not given. */
export function refuseExistingFile({ out, overwrite }: { readonly out: string; readonly overwrite?: boolean }): void {
  if (overwrite === true || !existsSync(out)) return;
  throw new ConfigError({ package: "cli", what: "--out", expected: "a new file", received: `${out}, which exists`, fix: "Name another one, or add --overwrite." });
}
