import { ConfigError } from "@ssl-vit/core";

/** The error of a file that is not as its format has it; `what` is its path, with the part that is meant. */
export const damagedFile = (what: string, expected: string, received: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "data", what, expected, received, fix: "The file is cut off or damaged: copy or download it again." }, { cause });
