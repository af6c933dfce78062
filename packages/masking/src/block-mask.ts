import { ConfigError, type Float, type Random } from "@ssl-vit/core";
import { tensor2d } from "@tensorflow/tfjs-core";
import { ASPECT_RATIO, blockSides, smallestBlock } from "./block-sides.js";

/** Options of {@link blockMask}. */
export interface BlockMaskOptions {
  readonly batchSize: number;
  /** Position of each image in the data set (a batch's `indices`): an image's mask depends on the stream and on it alone. Default: its position in the batch. */
  readonly indices?: Int32Array;
  readonly gridSize: readonly [rows: number, columns: number];
  /**
   * Patches to mask, 0 … P: in every image, or one number for each image. It may have a fraction, as iBOT's ratio · P has: no more than its whole part is masked,
   * and only the range of the blocks' areas sees the rest.
   */
  readonly masked: number | readonly number[];
  /** Smallest area that is drawn for a block, in patches. Default: (⌊min(rows, columns) / 3⌋)², at least 1: iBOT's rule, and BEiT's 16 of 14 × 14. DINOv2: 4. */
  readonly minBlock?: number;
  /** Largest area of a block, in patches. Default: what is left to mask. DINOv2: P / 2. */
  readonly maxBlock?: number;
  /** Range of a block's height ÷ width; its logarithm is drawn uniformly. Default [0.3, 1 / 0.3]. */
  readonly aspectRatio?: readonly [low: number, high: number];
  /**
   * False: at most `masked` patches, most often a few fewer, as BEiT, iBOT and DINOv2 leave it. True: exactly ⌊masked⌋; patches drawn uniformly
   * complete what the blocks left, as in DINOv3. Default false.
   */
  readonly exact?: boolean;
}

/** Blocks that are tried in a row before the sampler gives up on an image. */
const ATTEMPTS = 10;

interface BlockLimits {
  readonly gridSize: readonly [rows: number, columns: number];
  readonly minBlock: number;
  readonly maxBlock: number;
  readonly logAspectRatio: readonly [number, number];
}

const between = (low: number, high: number, uniform: number): number => low + (high - low) * uniform;

/** Masks the new patches of one block in `mask`. Returns how many; 0 when the block touches both borders, adds nothing or adds more than `limit`. */
function addBlock(mask: Float32Array, uniforms: Float32Array, limit: number, { gridSize: [rows, columns], minBlock, logAspectRatio }: BlockLimits): number {
  const area = between(minBlock, limit, uniforms[0]!); // with less left than minBlock, the range is the other way round
  const aspect = Math.exp(between(...logAspectRatio, uniforms[1]!));
  const [height, width] = blockSides(area, aspect);
  if (height >= rows || width >= columns) return 0;
  const top = Math.floor(uniforms[2]! * (rows - height + 1));
  const left = Math.floor(uniforms[3]! * (columns - width + 1));
  const added: number[] = [];
  for (let row = top; row < top + height; row++) {
    for (let patch = row * columns + left; patch < row * columns + left + width; patch++) if (mask[patch] === 0) added.push(patch);
  }
  if (added.length > limit) return 0;
  for (const patch of added) mask[patch] = 1;
  return added.length;
}

function addBlocks(mask: Float32Array, random: Random, masked: number, limits: BlockLimits): void {
  let [count, failed] = [0, 0];
  for (let attempt = 0; count < masked && failed < ATTEMPTS; attempt++) {
    const added = addBlock(mask, random.derive("block", attempt).uniforms(4), Math.min(masked - count, limits.maxBlock), limits);
    count += added;
    failed = added === 0 ? failed + 1 : 0;
  }
}

function complete(mask: Float32Array, random: Random, masked: number): void {
  let missing = Math.floor(masked) - mask.reduce((sum, value) => sum + value, 0);
  for (const patch of random.derive("complete").permutation(mask.length)) {
    if (missing <= 0) return;
    if (mask[patch] === 1) continue;
    mask[patch] = 1;
    missing -= 1;
  }
}

/** One number of patches an image, and the blocks' limits; refuses what no sampler could do. */
function resolve({ batchSize, indices, gridSize, masked, minBlock, maxBlock, aspectRatio = ASPECT_RATIO }: BlockMaskOptions): { counts: readonly number[]; limits: BlockLimits } {
  const refuse = (what: string, expected: string, received: unknown): never => {
    throw new ConfigError({ package: "masking", what, expected, received: String(received) });
  };
  const [rows, columns] = gridSize;
  const patches = rows * columns;
  if (!gridSize.every((side) => Number.isInteger(side) && side >= 2)) refuse("gridSize", "two whole numbers of at least 2", gridSize.join(" × "));
  if (indices !== undefined && indices.length !== batchSize) refuse("indices", `one for each of ${batchSize} images`, indices.length);
  const counts = typeof masked === "number" ? Array<number>(batchSize).fill(masked) : masked;
  if (counts.length !== batchSize) refuse("masked", `one number for each of ${batchSize} images`, counts.length);
  for (const count of counts) if (!(count >= 0 && count <= patches)) refuse("masked", `0 to ${patches} patches`, count);
  const smallest = minBlock ?? smallestBlock(gridSize);
  const largest = maxBlock ?? Infinity;
  if (!(smallest > 0 && smallest <= patches)) refuse("minBlock", `an area of at most ${patches} patches`, smallest);
  if (maxBlock !== undefined && !(maxBlock >= smallest && maxBlock <= patches)) refuse("maxBlock", `an area of ${smallest} (minBlock) to ${patches} patches`, maxBlock);
  const [low, high] = aspectRatio;
  if (!(low > 0 && low <= high && Number.isFinite(high))) refuse("aspectRatio", "two numbers with 0 < first ≤ second", aspectRatio.join(", "));
  return { counts, limits: { gridSize, minBlock: smallest, maxBlock: largest, logAspectRatio: [Math.log(low), Math.log(high)] } };
}

/**
 * Masks rectangles of patches, image by image, until `masked` patches are: BEiT's block-wise masking (https://arxiv.org/abs/2106.08254, Algorithm 1; `beit/masking_generator.py`
 * of microsoft/unilm), which iBOT (`loader.py`) and DINOv2 (`dinov2/data/masking.py`) have as well. A block's area and the logarithm of its aspect ratio are drawn uniformly, then
 * its place. One that is as high or as wide as the grid, adds no patch or adds more than are left is drawn again; after ten such in a row the image stays as it is.
 * The same stream gives the same mask.
 *
 * @returns [B, P], 1 = masked, owned by the caller
 * @throws ConfigError for blocks larger than the grid, for counts outside 0 … P, and when counts or indices are not one an image
 */
export function blockMask(random: Random, options: BlockMaskOptions): Float<"B P"> {
  const { batchSize, indices, gridSize, exact = false } = options;
  const { counts, limits } = resolve(options);
  const patches = gridSize[0] * gridSize[1];
  const values = new Float32Array(batchSize * patches);
  for (const [image, masked] of counts.entries()) {
    const mask = values.subarray(image * patches, (image + 1) * patches);
    const own = random.derive("mask", indices?.[image] ?? image);
    addBlocks(mask, own, masked, limits);
    if (exact) complete(mask, own, masked);
  }
  return tensor2d(values, [batchSize, patches]);
}
