import { createRequire } from "node:module";
import { ConfigError } from "@ssl-vit/core";
import type koffi from "koffi";

/**
 * koffi, which calls C functions. It is not a dependency that npm brings: it has an install script, and those who train on one machine, as most who
 * install the command do, shall have none.
 *
 * @throws ConfigError where it is not installed
 */
export function loadKoffi(load: (name: string) => unknown = createRequire(import.meta.url)): typeof koffi {
  try {
    return load("koffi") as typeof koffi;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
    throw new ConfigError(
      {
        package: "distributed",
        what: "koffi",
        expected: "the package that calls MPI's functions",
        received: isMissing ? "nothing of that name" : (error as Error).message.split("\n", 1)[0] ?? "an error",
        fix: isMissing ? "Run npm install koffi, where @ssl-vit/distributed or @ssl-vit/cli is installed." : "This system lacks what its binary needs.",
      },
      { cause: error },
    );
  }
}
