import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@ssl-vit/core";
import { dispose } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { blockMask, disposeMask, multiBlockMask, randomMask, unitMask } from "../src/index.js";

// Our samplers against the authors', restated in benchmarks/reference/masks.py. Both are estimates: a difference of means d has the standard error
// s·√(1/n + 1/m), with s the deviation of one draw, n the script's draws and m ours. A correct sampler exceeds 5 standard errors once in 1.7 million comparisons; there are
// about 2,300 here, so that a right one fails with a probability of 0.15 % (and, as the seed is fixed, always or never). What never varies must be equal.
const LIMIT = 5;

interface Summary<Values> {
  readonly mean: Values;
  readonly deviation: Values;
}
interface Case {
  readonly options: {
    readonly gridSize: readonly [number, number];
    readonly maskRatio?: number;
    /** Side of the squares that are masked together, in patches. */
    readonly maskUnit?: number;
    /** Range of a uniform number. */
    readonly masked?: readonly [number, number];
    readonly minBlock?: number;
    readonly maxBlock?: number;
    readonly exact?: boolean;
    readonly batchSize?: number;
  };
  readonly draws: number;
  readonly statistics: Readonly<Record<string, Summary<number>>>;
  readonly maps: Readonly<Record<string, Summary<readonly number[]>>>;
}
interface Draw {
  readonly statistics: Readonly<Record<string, number>>;
  readonly maps: Readonly<Record<string, readonly number[]>>;
}

const cases = JSON.parse(readFileSync(new URL("golden/masks.json", import.meta.url), "utf8")) as Readonly<Record<string, Case>>;
const random = createRandom(20220607);

/** A mask's count, islands (components minus holes: patches − edges + squares), and the mean width and height of its runs. */
function shapeOf(mask: readonly number[], columns: number): Record<string, number> {
  const at = (patch: number, right: number, down: number): number => (right === 1 && patch % columns === columns - 1 ? 0 : (mask[patch + right + down * columns] ?? 0));
  let [masked, across, down, squares] = [0, 0, 0, 0];
  for (const [patch, value] of mask.entries()) {
    masked += value;
    across += value * at(patch, 1, 0);
    down += value * at(patch, 0, 1);
    squares += value * at(patch, 1, 0) * at(patch, 0, 1) * at(patch, 1, 1);
  }
  return { masked, islands: masked - across - down + squares, width: masked / (masked - across), height: masked / (masked - down) };
}

function drawMasks({ options: { gridSize, maskRatio, maskUnit, masked, minBlock, maxBlock, exact = false } }: Case, stream: Random, count: number): Draw[] {
  const patches = gridSize[0] * gridSize[1];
  let rows: number[][];
  if (maskRatio !== undefined && maskUnit !== undefined) {
    const mask = unitMask(stream, { batchSize: count, gridSize, maskUnit, maskRatio });
    rows = mask.arraySync();
    mask.dispose();
  } else if (maskRatio !== undefined) {
    const mask = randomMask(stream, { batchSize: count, patches, maskRatio });
    rows = mask.mask.arraySync();
    disposeMask(mask);
  } else {
    const [low, high] = masked!;
    const counts = Array.from(stream.derive("masked").uniforms(count), (uniform) => low + uniform * (high - low));
    const limits = { ...(minBlock === undefined ? {} : { minBlock }), ...(maxBlock === undefined ? {} : { maxBlock }) };
    const mask = blockMask(stream, { batchSize: count, gridSize, masked: counts, exact, ...limits });
    rows = mask.arraySync();
    mask.dispose();
  }
  return rows.map((mask) => ({ statistics: shapeOf(mask, gridSize[1]), maps: { masked: mask } }));
}

/** A draw is a batch, whose images share their sizes. */
function drawBlocks({ options: { gridSize, batchSize = 1 } }: Case, stream: Random, count: number): Draw[] {
  const patches = gridSize[0] * gridSize[1];
  return Array.from({ length: count }, (_, step) => {
    const mask = multiBlockMask(stream.derive("step", step), { batchSize, gridSize, wholeGrid: false, cut: "first" });
    const [contexts, targets] = [mask.contextIndices.arraySync(), mask.targetIndices.arraySync()];
    dispose([mask.contextIndices, mask.targetIndices]);
    const share = (rows: readonly (readonly number[])[]): number[] => {
      const map = Array<number>(patches).fill(0);
      for (const row of rows) for (const patch of new Set(row)) map[patch]! += 1 / batchSize;
      return map;
    };
    const block = targets[0]!.slice(0, targets[0]!.length / 4);
    const side = (places: readonly number[]): number => Math.max(...places) - Math.min(...places) + 1;
    return {
      statistics: {
        targetHeight: side(block.map((patch) => Math.floor(patch / gridSize[1]))),
        targetWidth: side(block.map((patch) => patch % gridSize[1])),
        targetUnion: targets.reduce((sum, row) => sum + new Set(row).size / batchSize, 0),
        context: contexts[0]!.length,
      },
      maps: { target: share(targets), context: share(contexts) },
    };
  });
}

/** How many standard errors two means are apart; what does not vary must agree to the digits of the file. */
function standardErrors(values: readonly number[], mean: number, deviation: number, draws: number): number {
  const own = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (deviation === 0) return Math.abs(own - mean) < 1e-6 ? 0 : Infinity;
  return Math.abs(own - mean) / (deviation * Math.sqrt(1 / draws + 1 / values.length));
}

describe.each(Object.entries(cases))("masks of %s, against the authors' sampler", (name, golden) => {
  const draws = (name.startsWith("ijepa") ? drawBlocks : drawMasks)(golden, random.derive(name), name === "ijepa-batch" ? 2000 : 6000);

  it.each(Object.entries(golden.statistics))("has the same %s", (statistic, { mean, deviation }) => {
    expect(standardErrors(draws.map(({ statistics }) => statistics[statistic]!), mean, deviation, golden.draws)).toBeLessThan(LIMIT);
  });

  it.each(Object.entries(golden.maps))("has each patch as often in %s", (map, { mean, deviation }) => {
    const errors = mean.map((one, patch) => standardErrors(draws.map(({ maps }) => maps[map]![patch]!), one, deviation[patch]!, golden.draws));
    expect(Math.max(...errors)).toBeLessThan(LIMIT);
  });
});

it("sees a sampler that differs: iBOT's masks with the smallest block of another are 5 standard errors away", () => {
  const golden = cases["ibot"]!;
  const draws = drawMasks({ ...golden, options: { ...golden.options, minBlock: 8 } }, random.derive("other"), 6000);
  const { mean, deviation } = golden.statistics["islands"]!;
  expect(standardErrors(draws.map(({ statistics }) => statistics["islands"]!), mean, deviation, golden.draws)).toBeGreaterThan(LIMIT);
});

it("masks each patch equally often at random: 75 % (5 standard errors)", () => {
  const draws = drawMasks(cases["mae"]!, random.derive("uniform"), 6000);
  for (let patch = 0; patch < 196; patch++) {
    expect(standardErrors(draws.map(({ maps }) => maps["masked"]![patch]!), 0.75, Math.sqrt(0.75 * 0.25), Infinity)).toBeLessThan(LIMIT);
  }
});
