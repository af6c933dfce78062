import { ConfigError } from "@ssl-vit/core";

/**
 * Refuses a share of an image's patches that `blockMask` cannot mask: on a grid without room for a block, or when it is less than one patch. For a
 * method to refuse an encoder before it trains.
 *
 * @param ratio in (0, 1], the largest that is drawn
 * @throws ConfigError
 */
export function assertBlockRatio([rows, columns]: readonly [rows: number, columns: number], ratio: number): void {
  const refuse = (what: string, expected: string, received: string): never => {
    throw new ConfigError({ package: "masking", what, expected, received, fix: "A smaller patchSize gives more patches." });
  };
  if (Math.min(rows, columns) < 2) refuse("gridSize", "at least 2 × 2 patches", `${rows} × ${columns}`);
  if (!(ratio * rows * columns >= 1 && ratio <= 1)) refuse("maskRatio", `a share of at most 1 that is at least one of ${rows * columns} patches`, String(ratio));
}
