import { ConfigError, type OptimizerRecipe, type ScheduleFunction } from "@ssl-vit/core";
import { assertKnownOptions } from "./assert-known-options.js";
import { assertNumber } from "./assert-number.js";
import { constant } from "./constant.js";
import { cosine } from "./cosine.js";
import { warmupCosine } from "./warmup-cosine.js";

/** Every option given that has a default. */
type CompleteRecipe = OptimizerRecipe & Required<Pick<OptimizerRecipe, keyof typeof defaults>>;

/** What a recipe may leave out. */
const defaults = {
  learningRateBatch: 256,
  minLearningRate: 0,
  warmupEpochs: 0,
  decayBiasAndNorm: false,
  betas: [0.9, 0.999],
  momentum: 0.9,
  clipNorm: 0,
  clipMode: "global",
} as const satisfies Partial<OptimizerRecipe>;

const known: readonly string[] = ["name", "learningRate", "weightDecay", "weightDecayEnd", ...Object.keys(defaults)];

export interface ResolvedRecipe {
  readonly name: OptimizerRecipe["name"];
  readonly learningRate: ScheduleFunction;
  readonly weightDecay: ScheduleFunction;
  readonly decayBiasAndNorm: boolean;
  readonly betas: readonly [number, number];
  readonly momentum: number;
  readonly clipNorm: number;
  readonly clipMode: "global" | "per-tensor";
}

function check(recipe: CompleteRecipe): void {
  const refuse = (what: keyof OptimizerRecipe, expected: string): never => {
    throw new ConfigError({ package: "optim", what, expected, received: JSON.stringify(recipe[what] ?? null) });
  };
  // A recipe may come from a command line or a file, where types promise nothing.
  const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value < 1;
  const isPairOfShares = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.every(isShare);
  if (!["adamw", "sgd"].includes(recipe.name)) refuse("name", '"adamw" or "sgd"');
  for (const option of ["learningRate", "learningRateBatch", "minLearningRate", "warmupEpochs", "weightDecay", "clipNorm"] as const) {
    assertNumber(option, recipe[option], 0);
  }
  if (recipe.weightDecayEnd !== undefined) assertNumber("weightDecayEnd", recipe.weightDecayEnd, 0);
  if (!isPairOfShares(recipe.betas)) refuse("betas", "two numbers in [0, 1)");
  if (!isShare(recipe.momentum)) refuse("momentum", "a number in [0, 1)");
  if (!["global", "per-tensor"].includes(recipe.clipMode)) refuse("clipMode", '"global" or "per-tensor"');
  if (typeof recipe.decayBiasAndNorm !== "boolean") refuse("decayBiasAndNorm", "true or false");
}

/**
 * Fills in a recipe and turns its numbers into schedules. The peak learning rate is scaled by the batch size
 * (learningRate · batchSize / learningRateBatch, the linear scaling rule); its minimum is not.
 *
 * @param batchSize images of one step, over all processes
 * @throws ConfigError for an unknown option or one that cannot work
 */
export function resolveRecipe(recipe: OptimizerRecipe, batchSize: number): ResolvedRecipe {
  assertKnownOptions("the optimizer", Object.keys(recipe), known);
  assertNumber("batchSize", batchSize, 1);
  const given = Object.fromEntries(Object.entries(recipe).filter(([, value]) => value !== undefined)) as unknown as OptimizerRecipe;
  const complete: CompleteRecipe = { ...defaults, ...given };
  check(complete);
  const { name, decayBiasAndNorm, betas, momentum, clipNorm, clipMode, learningRateBatch, weightDecay, weightDecayEnd } = complete;
  const scale = learningRateBatch === 0 ? 1 : batchSize / learningRateBatch;
  return {
    name,
    learningRate: warmupCosine({ peak: complete.learningRate * scale, end: complete.minLearningRate, warmupEpochs: complete.warmupEpochs }),
    weightDecay: weightDecayEnd === undefined ? constant(weightDecay) : cosine({ from: weightDecay, to: weightDecayEnd }),
    decayBiasAndNorm,
    betas,
    momentum,
    clipNorm,
    clipMode,
  };
}
