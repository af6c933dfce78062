import { ConfigError, nearest, type OptimizerRecipe, type ParameterGroup } from "@ssl-vit/core";
import { assertEpochs } from "./assert-epochs.js";
import { assertKnownOptions } from "./assert-known-options.js";
import { assertNumber } from "./assert-number.js";

/** What a recipe may leave out. */
const defaults = {
  learningRateBatch: 256,
  learningRateRule: "linear",
  learningRateSchedule: "cosine",
  learningRateSteps: [],
  learningRateStepFactor: 0.1,
  minLearningRate: 0,
  minLearningRateShare: 0,
  warmupEpochs: 0,
  warmupLearningRate: 0,
  scheduleStretch: 1,
  decayBiasAndNorm: false,
  betas: [0.9, 0.999],
  momentum: 0.9,
  trustCoefficient: 0.001,
  trustNorm: "joint",
  clipNorm: 0,
  clipMode: "global",
  layerDecay: 1,
  groups: [],
} as const satisfies Partial<OptimizerRecipe>;

const known: readonly string[] = ["name", "learningRate", "weightDecay", "weightDecayEnd", ...Object.keys(defaults)];

/** Options that are words, and which. */
const words = {
  name: ["adamw", "sgd", "lars", "lamb"],
  learningRateRule: ["linear", "sqrt"],
  learningRateSchedule: ["cosine", "constant", "step"],
  trustNorm: ["joint", "separate"],
  clipMode: ["global", "per-tensor", "per-module"],
} as const satisfies { readonly [Option in keyof OptimizerRecipe]?: readonly OptimizerRecipe[Option][] };

/** Options that are numbers from 0 on. */
const amounts = [
  "learningRate",
  "learningRateBatch",
  "learningRateStepFactor",
  "minLearningRate",
  "minLearningRateShare",
  "warmupEpochs",
  "warmupLearningRate",
  "weightDecay",
  "trustCoefficient",
  "clipNorm",
] as const satisfies readonly (keyof OptimizerRecipe)[];

const groupOptions = ["match", "learningRateFactor", "weightDecayFactor", "constantLearningRate", "unclipped"] as const satisfies readonly (keyof ParameterGroup)[];

/** A recipe with every option that has a default. */
export type CompleteRecipe = OptimizerRecipe & Required<Pick<OptimizerRecipe, keyof typeof defaults>>;

const isShare = (value: unknown): boolean => typeof value === "number" && value >= 0 && value < 1;
const isPairOfShares = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && value.every(isShare);
const isFlag = (value: unknown): boolean => value === undefined || typeof value === "boolean";

function refuse(what: string, expected: string, received: unknown, fix?: string): never {
  throw new ConfigError({ package: "optim", what, expected, received: JSON.stringify(received ?? null), ...(fix === undefined ? {} : { fix }) });
}

function checkWord(option: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === "string" && allowed.includes(value)) return;
  const quoted = allowed.map((word) => `"${word}"`);
  const hint = typeof value === "string" ? nearest(value, allowed) : undefined;
  refuse(option, allowed.length === 2 ? quoted.join(" or ") : `one of ${quoted.join(", ")}`, value, hint === undefined ? undefined : `Did you mean "${hint}"?`);
}

/** The learning rate's options as one: each alone may be right. */
function checkSchedule({ learningRateSchedule, learningRateSteps, minLearningRate, minLearningRateShare, warmupEpochs }: CompleteRecipe): void {
  if (learningRateSchedule !== "cosine" && minLearningRate + minLearningRateShare > 0) {
    const option = minLearningRate > 0 ? "minLearningRate" : "minLearningRateShare";
    refuse(option, `0 where learningRateSchedule is "${learningRateSchedule}"`, { minLearningRate, minLearningRateShare }[option], "Only the cosine has a minimum.");
  }
  if (minLearningRate > 0 && minLearningRateShare > 0) {
    refuse("minLearningRateShare", "0 where minLearningRate is given", minLearningRateShare, "Set one of the two to 0.");
  }
  assertEpochs("learningRateSteps", learningRateSteps, warmupEpochs);
  if (learningRateSchedule === "step" && learningRateSteps.length === 0) {
    refuse("learningRateSteps", 'at least one epoch where learningRateSchedule is "step"', learningRateSteps);
  }
  if (learningRateSchedule !== "step" && learningRateSteps.length > 0) {
    refuse("learningRateSteps", `no epoch where learningRateSchedule is "${learningRateSchedule}"`, learningRateSteps, 'Set learningRateSchedule to "step", or learningRateSteps to [].');
  }
}

function checkGroup(what: string, group: unknown): void {
  if (typeof group !== "object" || group === null || Array.isArray(group)) refuse(what, 'an object such as { match: "predictor.", learningRateFactor: 0.1 }', group);
  assertKnownOptions(what, Object.keys(group), groupOptions);
  const { match, learningRateFactor = 1, weightDecayFactor = 1, constantLearningRate, unclipped } = group as Partial<ParameterGroup>;
  if (typeof match !== "string" || match === "") refuse(`${what}.match`, 'the beginning of parameters\' names, or "bias-and-norm"', match);
  assertNumber(`${what}.learningRateFactor`, learningRateFactor, 0);
  assertNumber(`${what}.weightDecayFactor`, weightDecayFactor, 0);
  if (!isFlag(constantLearningRate)) refuse(`${what}.constantLearningRate`, "true or false", constantLearningRate);
  if (!isFlag(unclipped)) refuse(`${what}.unclipped`, "true or false", unclipped);
}

/**
 * Checks what claims to be a recipe, as a file or a command line may promise anything, and fills in its defaults.
 *
 * @throws ConfigError for an unknown option, naming the nearest one, and for a value that cannot work
 */
export function completeRecipe(recipe: object): CompleteRecipe {
  assertKnownOptions("the optimizer", Object.keys(recipe), known);
  const given = Object.fromEntries(Object.entries(recipe).filter(([, value]) => value !== undefined)) as unknown as OptimizerRecipe;
  const complete: CompleteRecipe = { ...defaults, ...given };
  for (const [option, allowed] of Object.entries(words)) {
    checkWord(option, complete[option as keyof typeof words], allowed);
  }
  for (const option of amounts) assertNumber(option, complete[option], 0);
  if (complete.weightDecayEnd !== undefined) assertNumber("weightDecayEnd", complete.weightDecayEnd, 0);
  assertNumber("scheduleStretch", complete.scheduleStretch, 0);
  if (complete.scheduleStretch === 0) refuse("scheduleStretch", "a number above 0", 0);
  if (!(isShare(complete.layerDecay) || complete.layerDecay === 1) || complete.layerDecay === 0) refuse("layerDecay", "a number in (0, 1]", complete.layerDecay);
  if (!isPairOfShares(complete.betas)) refuse("betas", "two numbers in [0, 1)", complete.betas);
  if (!isShare(complete.momentum)) refuse("momentum", "a number in [0, 1)", complete.momentum);
  if (typeof complete.decayBiasAndNorm !== "boolean") refuse("decayBiasAndNorm", "true or false", complete.decayBiasAndNorm);
  checkSchedule(complete);
  if (!Array.isArray(complete.groups)) refuse("groups", "a list of groups", complete.groups);
  for (const [index, group] of complete.groups.entries()) checkGroup(`groups[${index}]`, group);
  return complete;
}
