import { ConfigError } from "@ssl-vit/core";
import type { BlockMaskOptions } from "./block-mask.js";
import { ASPECT_RATIO, blockSides, smallestBlock } from "./block-sides.js";

/** Options of {@link assertBlockRatio}. */
export interface BlockRatioOptions extends Pick<BlockMaskOptions, "minBlock" | "maxBlock" | "aspectRatio"> {
  /** Patches that the ratio stands for, where a method rounds them. Default: ratio · P. */
  readonly masked?: number;
}

/** Areas and aspect ratios that are tried, each from end to end of its range: of 33 × 33 draws at least one has to do. */
const STEPS = 32;

/** Whether a block of at least `smallest` and at most `limit` patches is smaller than the grid both ways. */
function hasBlock([rows, columns]: readonly [number, number], [smallest, limit]: readonly [number, number], [low, high]: readonly [number, number]): boolean {
  for (let draw = 0; draw < (STEPS + 1) ** 2; draw++) {
    const [along, across] = [Math.floor(draw / (STEPS + 1)) / STEPS, (draw % (STEPS + 1)) / STEPS];
    const [height, width] = blockSides(smallest + (limit - smallest) * along, low * (high / low) ** across);
    if (height >= 1 && width >= 1 && height < rows && width < columns && height * width <= limit) return true;
  }
  return false;
}

/**
 * Refuses a share of an image's patches that `blockMask` cannot mask: on a grid without room for a block, when it is less than the smallest block, or
 * when no block of so many patches fits the grid. Images would stay as they are. For a method to refuse an encoder before it trains.
 *
 * @param ratio in (0, 1], the largest that is drawn
 * @param options the blocks' limits, as `blockMask` gets them
 * @throws ConfigError
 */
export function assertBlockRatio(gridSize: readonly [rows: number, columns: number], ratio: number, options: BlockRatioOptions = {}): void {
  const [rows, columns] = gridSize;
  const patches = rows * columns;
  const { minBlock = smallestBlock(gridSize), maxBlock = Infinity, aspectRatio = ASPECT_RATIO, masked = ratio * patches } = options;
  const smaller = "A smaller patchSize gives more patches";
  const refuse = (what: string, expected: string, received: string, fix: string): never => {
    throw new ConfigError({ package: "masking", what, expected, received, fix });
  };
  if (Math.min(rows, columns) < 2) refuse("gridSize", "at least 2 × 2 patches", `${rows} × ${columns}`, `${smaller}.`);
  if (!(masked >= minBlock && ratio <= 1)) {
    const block = minBlock === 1 ? "one" : `a block of ${minBlock}`;
    refuse("maskRatio", `a share of at most 1 that is at least ${block} of ${patches} patches`, String(ratio), `${smaller}, a larger ratio masks more of them.`);
  }
  const limit = Math.min(masked, maxBlock);
  if (!hasBlock(gridSize, [minBlock, limit], aspectRatio)) {
    const expected = `a share of ${rows} × ${columns} patches that a block of ${minBlock} to ${Number(limit.toFixed(2))} of them, less high and less wide than the grid, can mask`;
    refuse("maskRatio", expected, String(ratio), `${smaller}, a larger ratio leaves more room for a block.`);
  }
}
