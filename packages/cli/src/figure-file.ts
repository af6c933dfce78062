import { extname } from "node:path";
import { ConfigError } from "@ssl-vit/core";
import { figureFormats } from "@ssl-vit/visualize";
import { refuseExistingFile } from "./refuse-existing-file.js";

/** The flag for a figure's file. */
export const figureFlag = ["-o, --out <file>", `a new file, ${figureFormats.join(" or ")}`] as const;

/** Throws ConfigError, before anything is computed, when --out is no figure's name, or names a file that exists and --overwrite was not given. */
export function refuseFigureFile(options: { readonly out: string; readonly overwrite?: boolean }): void {
  if (!figureFormats.includes(extname(options.out).toLowerCase())) {
    throw new ConfigError({ package: "cli", what: "--out", expected: `a name that ends in ${figureFormats.join(" or ")}`, received: options.out });
  }
  refuseExistingFile(options);
}
