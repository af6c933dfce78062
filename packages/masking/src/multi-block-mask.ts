import { ConfigError, type Collective, type Random, singleProcess } from "@ssl-vit/core";
import { tensor1d, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { blockSides } from "./block-sides.js";

/** Sizes of I-JEPA's blocks. Defaults: `configs/in1k_vith14_ep300.yaml` of facebookresearch/ijepa. */
export interface MultiBlockOptions {
  readonly gridSize: readonly [rows: number, columns: number];
  /** Target blocks of an image; they may overlap. Default 4. */
  readonly targets?: number;
  /** Range of a target block's area ÷ P. Default [0.15, 0.2]. */
  readonly targetScale?: readonly [low: number, high: number];
  /** Range of a target block's height ÷ width. One draw sets area and ratio, as in the authors' code: the largest blocks are the highest. Default [0.75, 1.5]. */
  readonly targetAspectRatio?: readonly [low: number, high: number];
  /** Range of the area ÷ P of the square block from which the context is cut. Default [0.85, 1]. */
  readonly contextScale?: readonly [low: number, high: number];
  /** A context has more patches than this. Default 10. */
  readonly minKeep?: number;
  /**
   * True: a block lies anywhere in the grid and may fill it. False, the authors' code: a block is at least a patch smaller each way and never reaches the last row and
   * column, which no context and no target has ever (ijepa#40). Default true.
   */
  readonly wholeGrid?: boolean;
}

export interface MultiBlockMaskOptions extends MultiBlockOptions {
  readonly batchSize: number;
  /** Position of each image in the data set (a batch's `indices`): the places of an image's blocks depend on the stream and on it alone. Default: its position in the batch. */
  readonly indices?: Int32Array;
  /**
   * Which patches of a context are kept, as all have as many as the smallest of the batch: drawn uniformly, or the first row by row, as in the authors' code, which
   * prefers the top of the image (ijepa#60). Default "random".
   */
  readonly cut?: "random" | "first";
  /** The other processes of the run: the smallest context is that of all of their batches. Default: none. */
  readonly collective?: Collective;
}

/** Patches to predict from, and patches to predict. The caller owns the tensors. */
export interface MultiBlockMask {
  /** int32 [B, M]: the context's patches, ascending; none of a target unless fewer than `minKeep` + 1 were left. */
  readonly contextIndices: Tensor2D;
  /** int32 [B, T·N]: block after block, the patches of each row by row. */
  readonly targetIndices: Tensor2D;
}

type Size = readonly [height: number, width: number];
type Range = readonly [low: number, high: number];
type ResolvedOptions = Required<MultiBlockOptions>;

/** Places that are tried before one target less is kept out of the context. */
const ATTEMPTS = 20;

const withDefaults = (options: MultiBlockOptions): ResolvedOptions => {
  const { gridSize, targets = 4, targetScale = [0.15, 0.2], targetAspectRatio = [0.75, 1.5], contextScale = [0.85, 1], minKeep = 10, wholeGrid = true } = options;
  return { gridSize, targets, targetScale, targetAspectRatio, contextScale, minKeep, wholeGrid };
};

const between = ([low, high]: Range, uniform: number): number => low + (high - low) * uniform;

/** Sides of the largest block that the grid has. */
const largestSize = ({ gridSize: [rows, columns], wholeGrid }: ResolvedOptions): Size => (wholeGrid ? [rows, columns] : [rows - 1, columns - 1]);

/** Sides that a draw asks for, however large the grid is. */
const drawnSize = ([rows, columns]: readonly [number, number], scale: Range, aspectRatio: Range, uniform: number): Size =>
  blockSides(Math.floor(rows * columns * between(scale, uniform)), between(aspectRatio, uniform));

function blockSize(options: ResolvedOptions, scale: Range, aspectRatio: Range, uniform: number): Size {
  const [[height, width], [highest, widest]] = [drawnSize(options.gridSize, scale, aspectRatio, uniform), largestSize(options)];
  return [Math.min(highest, height), Math.min(widest, width)];
}

/** The patches of a block, row by row, where two uniform numbers place it. */
function placeBlock({ gridSize: [rows, columns], wholeGrid }: ResolvedOptions, [height, width]: Size, [down, right]: readonly [number, number]): number[] {
  const places = (free: number): number => free + (wholeGrid ? 1 : 0);
  const [top, left] = [Math.floor(down * places(rows - height)), Math.floor(right * places(columns - width))];
  return Array.from({ length: height * width }, (_, index) => (top + Math.floor(index / width)) * columns + left + (index % width));
}

/** A block without the targets; after each 20 places that leave too little of it, without one target less. */
function drawContext(random: Random, options: ResolvedOptions, size: Size, targets: readonly (readonly number[])[]): number[] {
  for (let attempt = 0; ; attempt++) {
    const [down, right] = random.derive(attempt).uniforms(2);
    const excluded = new Set(targets.slice(0, Math.max(0, targets.length - Math.floor(attempt / ATTEMPTS))).flat());
    const context = placeBlock(options, size, [down!, right!]).filter((patch) => !excluded.has(patch));
    if (context.length > options.minKeep) return context;
  }
}

/** The smallest number of all processes. */
function smallest(count: number, collective: Collective): number {
  if (collective.size === 1) return count;
  const own = tensor1d([count]);
  const all = collective.allGather(own);
  const minimum = Math.min(...all.dataSync());
  own.dispose();
  all.dispose();
  return minimum;
}

function cutTo(count: number, context: readonly number[], random: Random | undefined): number[] {
  if (random === undefined) return context.slice(0, count);
  const kept = random.permutation(context.length).subarray(0, count).sort();
  return Array.from(kept, (position) => context[position]!);
}

function refuse(what: string, expected: string, received: unknown, fix?: string): never {
  throw new ConfigError({ package: "masking", what, expected, received: String(received), ...(fix === undefined ? {} : { fix }) });
}

/**
 * Refuses blocks that the grid cannot have; for a method to do before it trains. Both ends of the targets' ranges must fit, as one draw sets the size of all targets
 * of a batch: one that is cut at the border has another area and ratio than were asked for. A context block is as large as the grid allows, as the authors' is.
 *
 * @throws ConfigError for a range that is none, target blocks without a patch, larger than the grid or so large that one leaves no context of more than `minKeep` patches
 *   beside it, and a context block that could not have more than `minKeep` patches
 */
export function assertMultiBlocks(options: MultiBlockOptions): void {
  const resolved = withDefaults(options);
  const { gridSize, targets, targetScale, targetAspectRatio, contextScale, minKeep } = resolved;
  if (!gridSize.every((side) => Number.isInteger(side) && side >= 2)) refuse("gridSize", "two whole numbers of at least 2", gridSize.join(" × "));
  if (!(Number.isInteger(targets) && targets >= 1)) refuse("targets", "a whole number of at least 1", targets);
  if (!(Number.isInteger(minKeep) && minKeep >= 0)) refuse("minKeep", "a whole number of at least 0", minKeep);
  for (const [name, [low, high], limit] of [["targetScale", targetScale, 1], ["targetAspectRatio", targetAspectRatio, Infinity], ["contextScale", contextScale, 1]] as const) {
    if (!(low > 0 && low <= high && high <= limit && Number.isFinite(high))) refuse(name, `two numbers with 0 < first ≤ second${limit === 1 ? " ≤ 1" : ""}`, `${low}, ${high}`);
  }
  const fix = "A smaller patchSize gives more patches.";
  const grid = gridSize.join(" × ");
  const [highest, widest] = largestSize(resolved);
  const drawn = [0, 1].map((uniform) => drawnSize(gridSize, targetScale, targetAspectRatio, uniform)); // between them, but for the rounding of the area, lie the others
  for (const [height, width] of drawn) if (height * width === 0) refuse("targetScale", `blocks of at least one of ${grid} patches`, targetScale.join(", "), fix);
  const [height, width] = blockSize(resolved, contextScale, [1, 1], 0);
  if (height * width <= minKeep) refuse("minKeep", `fewer than the ${height * width} patches of the smallest context block of ${grid}`, minKeep, fix);
  for (const [tall, wide] of drawn) {
    const received = `${tall} × ${wide} of targetScale ${targetScale.join(", ")} and targetAspectRatio ${targetAspectRatio.join(", ")}`;
    if (tall > highest || wide > widest) refuse("targetScale", `blocks of at most ${highest} × ${widest} patches`, received, "A smaller targetScale, or a targetAspectRatio nearer to 1, fits.");
    const left = `blocks that leave a context more than ${minKeep} (minKeep) of ${highest} × ${widest} patches`;
    if (highest * widest - tall * wide <= minKeep) refuse("targetScale", left, received, "A smaller targetScale leaves more.");
  }
}

/**
 * Draws I-JEPA's blocks (Assran et al., https://arxiv.org/abs/2301.08243, Section 3; `src/masks/multiblock.py` of facebookresearch/ijepa): targets, and a context that is a
 * large square block without them. Sizes are drawn once for the batch, so that all targets have N patches (ijepa#38): `random` must be the stream of the step, the same on
 * every process. Places are drawn image by image. Where 20 places leave too few patches, the context may overlap the last target, after 20 more the one before, and so on.
 * Contexts are cut to the smallest of the batch, over all processes: two processes have what one would have. The authors' cut is to the smallest of a process's batch (128
 * images).
 *
 * Deviation: the authors also want more than `min_keep` patches of a target, whose size no new draw changes: where it has fewer, their code never ends.
 *
 * @throws ConfigError as `assertMultiBlocks`, and when indices are not one an image
 */
export function multiBlockMask(random: Random, options: MultiBlockMaskOptions): MultiBlockMask {
  const { batchSize, indices, cut = "random", collective = singleProcess } = options;
  assertMultiBlocks(options);
  if (indices !== undefined && indices.length !== batchSize) refuse("indices", `one for each of ${batchSize} images`, indices.length);
  const resolved = withDefaults(options);
  const targetSize = blockSize(resolved, resolved.targetScale, resolved.targetAspectRatio, random.derive("target size").uniform());
  const contextSize = blockSize(resolved, resolved.contextScale, [1, 1], random.derive("context size").uniform());

  const images = Array.from({ length: batchSize }, (_, image) => {
    const own = random.derive("mask", indices?.[image] ?? image);
    const targets = Array.from({ length: resolved.targets }, (_, block) => {
      const [down, right] = own.derive("target", block).uniforms(2);
      return placeBlock(resolved, targetSize, [down!, right!]);
    });
    return { own, targets, context: drawContext(own.derive("context"), resolved, contextSize, targets) };
  });
  const count = smallest(Math.min(...images.map(({ context }) => context.length)), collective);
  const contexts = images.flatMap(({ own, context }) => cutTo(count, context, cut === "random" ? own.derive("cut") : undefined));
  return {
    contextIndices: tensor2d(Int32Array.from(contexts), [batchSize, count], "int32"),
    targetIndices: tensor2d(Int32Array.from(images.flatMap(({ targets }) => targets.flat())), [batchSize, resolved.targets * targetSize[0] * targetSize[1]], "int32"),
  };
}
