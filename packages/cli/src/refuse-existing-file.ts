import { existsSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ConfigError } from "@ssl-vit/core";

/** The nearest folder above a file that is there, or what is there in its place. */
function nearestAbove(path: string): string {
  const above = dirname(path);
  return existsSync(above) || above === dirname(above) ? above : nearestAbove(above);
}

/** Throws ConfigError when --out names a file that exists and --overwrite was not given, or one that cannot be: below another file, or in a folder's place. */
export function refuseExistingFile({ out, overwrite }: { readonly out: string; readonly overwrite?: boolean }): void {
  const refusal = (received: string, fix: string): ConfigError => new ConfigError({ package: "cli", what: "--out", expected: "a new file", received: `${out}, ${received}`, fix });
  if (existsSync(out)) {
    if (statSync(out).isDirectory()) throw refusal("which is a folder", "Name a file in it.");
    if (overwrite !== true) throw refusal("which exists", "Name another one, or add --overwrite.");
    return;
  }
  const above = nearestAbove(out);
  if (!statSync(above).isDirectory()) throw refusal(`where ${basename(above)} is a file and no folder`, "Name another folder.");
}
