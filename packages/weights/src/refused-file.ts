import { ConfigError } from "@ssl-vit/core";

const DAMAGED = "The file is cut off or damaged: copy or download it again.";

/** The error of a file that cannot be used as it is; `what` is where it is, with the part that is meant. */
export const refusedFile = (what: string, expected: string, received: string, fix: string, cause?: unknown): ConfigError =>
  new ConfigError({ package: "weights", what, expected, received, fix }, { cause });

/** The error of a file that is not as its format has it. */
export const damagedFile = (what: string, expected: string, received: string, cause?: unknown): ConfigError => refusedFile(what, expected, received, DAMAGED, cause);
