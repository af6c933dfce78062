import { ConfigError } from "@ssl-vit/core";

/** The values of a configuration, read one by one and refused by name where they are of another kind. */
export interface ConfigFields {
  /** File that holds them, in messages. */
  readonly file: string;
  readonly has: (key: string) => boolean;
  /** A positive whole number; the default where it is not said. */
  readonly whole: (key: string, byDefault: number) => number;
  /** A number above 0. */
  readonly positive: (key: string, byDefault: number) => number;
  readonly flag: (key: string, byDefault: boolean) => boolean;
  readonly word: (key: string, byDefault: string) => string;
  /** One number, or two, [height, width]. */
  readonly size: (key: string, byDefault: number) => readonly [number, number];
  readonly refuse: (key: string, expected: string, fix?: string) => never;
}

type Values = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

export const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/**
 * The object that a JSON text is.
 *
 * @throws ConfigError naming the file
 */
export function parseConfig(text: string, file: string): Values {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below.
  }
  if (isRecord(value)) return value;
  throw new ConfigError({ package: "weights", what: file, expected: "a JSON object", received: text.trim() === "" ? "nothing" : `${text.slice(0, 60)}${text.length > 60 ? "…" : ""}` });
}

export function configFields(values: Values, file: string): ConfigFields {
  const refuse = (key: string, expected: string, fix?: string): never => {
    throw new ConfigError({ package: "weights", what: `${file}: ${key}`, expected, received: JSON.stringify(values[key]), ...(fix === undefined ? {} : { fix }) });
  };
  const read = <Value>(key: string, byDefault: Value, expected: string, holds: (value: unknown) => boolean): Value => {
    const value = values[key] ?? byDefault;
    return holds(value) ? (value as Value) : refuse(key, expected);
  };
  return {
    file,
    has: (key) => values[key] !== undefined && values[key] !== null,
    whole: (key, byDefault) => read(key, byDefault, "a positive whole number", isWhole),
    positive: (key, byDefault) => read(key, byDefault, "a number above 0", (value) => typeof value === "number" && value > 0),
    flag: (key, byDefault) => read(key, byDefault, "true or false", (value) => typeof value === "boolean"),
    word: (key, byDefault) => read(key, byDefault, "a word", (value) => typeof value === "string"),
    size: (key, byDefault) => {
      const value = read<unknown>(key, byDefault, "a positive whole number, or two", (given) => isWhole(given) || (Array.isArray(given) && given.length === 2 && given.every(isWhole)));
      return typeof value === "number" ? [value, value] : (value as [number, number]);
    },
    refuse,
  };
}
