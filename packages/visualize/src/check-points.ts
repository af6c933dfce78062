import { ConfigError, ShapeError } from "@ssl-vit/core";

/**
 * The number of rows of `dim` values.
 *
 * @throws ShapeError for no whole number of rows, ConfigError for values that are no finite numbers
 */
export function checkPoints(what: string, values: ArrayLike<number>, dim: number): number {
  const count = values.length / dim;
  if (!Number.isInteger(count) || count === 0) throw new ShapeError({ package: "visualize", what, expected: `rows of ${dim} values`, received: `${values.length} values` });
  for (let index = 0; index < values.length; index++) {
    if (!Number.isFinite(values[index])) throw new ConfigError({ package: "visualize", what, expected: "finite numbers", received: `${values[index]!} in row ${Math.floor(index / dim)}` });
  }
  return count;
}
