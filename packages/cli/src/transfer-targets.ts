import { ConfigError } from "@ssl-vit/core";

/** A labelled set to carry features over to. */
export interface TransferTarget {
  readonly name: string;
  readonly train: string;
  readonly test: string;
}

/** Commas that stand outside `{…}`, as they do not in a pattern of shards. */
const outsideBraces = /,(?![^{]*\})/;

/**
 * Reads `NAME=TRAIN,TEST`, or `NAME=PATH` for `PATH#train` and `PATH#test`.
 *
 * @throws ConfigError for anything else, and for a name that comes twice
 */
export function parseTargets(texts: readonly string[]): TransferTarget[] {
  const refuse = (received: string): never => {
    throw new ConfigError({ package: "cli", what: "--to", expected: "NAME=TRAIN,TEST or NAME=PATH, each name once", received, fix: "Example: --to digits=mnist xrays=lungs/train,lungs/test" });
  };
  const targets = texts.map((text) => {
    const [, name, paths = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    const [train, test, ...more] = paths.split(outsideBraces).map((path) => path.trim());
    if (name === undefined || train === undefined || train === "" || test === "" || more.length > 0) return refuse(text);
    return test === undefined ? { name, train: `${train}#train`, test: `${train}#test` } : { name, train, test };
  });
  const twice = targets.find(({ name }, index) => targets.findIndex((other) => other.name === name) !== index);
  return twice === undefined ? targets : refuse(`${twice.name} twice`);
}
