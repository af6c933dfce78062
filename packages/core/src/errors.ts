/** What went wrong, in the four parts that every message of ssl-vit has. */
export interface Problem {
  /** Package that refuses, without the scope: `"losses"`. */
  readonly package: string;
  /** Name of the argument, option, file or tensor: `"teacher"`. */
  readonly what: string;
  /** What would have been right: `"shape [-1, 64, 4096]"`. */
  readonly expected: string;
  /** What was given: `"[10, 64, 1024]"`. */
  readonly received: string;
  /** What the reader should do now, as a sentence. */
  readonly fix?: string;
}

/** `[@ssl-vit/losses] teacher: expected shape [-1, 64], received [10, 32]. The heads must agree.` */
export function problemMessage(problem: Problem): string {
  const { what, expected, received, fix } = problem;
  const scope = problem.package.startsWith("@") ? problem.package : `@ssl-vit/${problem.package}`;
  return `[${scope}] ${what}: expected ${expected}, received ${received}.${fix === undefined ? "" : ` ${fix}`}`;
}

/** Why the system refused a file, without the path, which the message has named already: `"ENOENT: no such file or directory"`. Other errors say what they say. */
export function systemReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /^E[A-Z0-9]+: [^,]*/.exec(text)?.[0] ?? text;
}

const shapeMarker = Symbol.for("ssl-vit.ShapeError");
const configMarker = Symbol.for("ssl-vit.ConfigError");

const isMarked = (value: unknown, marker: symbol): boolean => typeof value === "object" && value !== null && marker in value;

/** A tensor has another shape or dtype than the function takes. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
  readonly [shapeMarker] = true;

  constructor(problem: Problem) {
    super(problemMessage(problem));
  }

  /** True for a ShapeError of any copy of this package (markers survive duplicate installs; `instanceof` does not). */
  static isInstance(value: unknown): value is ShapeError {
    return isMarked(value, shapeMarker);
  }
}

/** An option, an argument or a path that the user gave is not usable. The command exits with 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly [configMarker] = true;

  constructor(problem: Problem | string, options?: ErrorOptions) {
    super(typeof problem === "string" ? problem : problemMessage(problem), options);
  }

  /** True for a ConfigError of any copy of this package. */
  static isInstance(value: unknown): value is ConfigError {
    return isMarked(value, configMarker);
  }
}
