import { ConfigError, nearest, type ParameterGroup, type ParameterMap } from "@ssl-vit/core";
import { layerDecayFactor } from "./layer-decay-factor.js";
import type { ResolvedRecipe } from "./resolve-recipe.js";

/** How one parameter is treated, the whole run through. */
export interface ParameterPolicy {
  readonly learningRateFactor: number;
  /** 0 for what is not decayed. */
  readonly weightDecayFactor: number;
  readonly constantLearningRate: boolean;
  /** Whether LARS and LAMB set its rate by the ratio of norms. */
  readonly adapted: boolean;
  /** Whose gradients its own is clipped with: those of the same name. Undefined = it is not clipped. */
  readonly clippedWith: string | undefined;
}

const BIAS_AND_NORM = "bias-and-norm";

/** What may stand in a group's `match`: the names' beginnings up to a dot, whole names, and the word for vectors. */
const matchesOf = (names: readonly string[]): readonly string[] => {
  const beginnings = names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index + 1)));
  return [...new Set([BIAS_AND_NORM, ...beginnings, ...names])];
};

/** A group that matches nothing, or only what earlier groups have taken, is a mistake. */
function refuseIdleGroup(index: number, { match }: ParameterGroup, taken: number, names: readonly string[]): never {
  const what = `groups[${index}].match`;
  if (taken > 0) {
    const expected = "parameters that no earlier group matches";
    throw new ConfigError({ package: "optim", what, expected, received: `"${match}", whose ${taken} are all taken`, fix: "The first group that matches counts: put the narrower one first." });
  }
  const candidates = matchesOf(names);
  const hint = nearest(match, candidates) ?? candidates.find((one) => one.includes(match));
  const fix = hint === undefined ? `Names begin with ${[...new Set(names.map((name) => name.replace(/\..*/, ".")))].join(", ")}.` : `Did you mean "${hint}"?`;
  throw new ConfigError({ package: "optim", what, expected: "the beginning of a parameter's name", received: `"${match}", which matches none`, fix });
}

/**
 * Decides for each parameter which rates and which clipping it gets.
 *
 * @throws ConfigError for a group that matches no parameter, or layer decay without layers
 */
export function parameterPolicies(parameters: ParameterMap, recipe: ResolvedRecipe): ReadonlyMap<string, ParameterPolicy> {
  const { groups, decayBiasAndNorm, clipMode } = recipe;
  const names = Object.keys(parameters);
  // Biases, norms' scales and other vectors are not decayed by the code of DINO, MAE and timm.
  const vectors = new Set(names.filter((name) => parameters[name]!.shape.length <= 1 || name.endsWith(".bias")));
  const isIn = (name: string, { match }: ParameterGroup): boolean => (match === BIAS_AND_NORM ? vectors.has(name) : name.startsWith(match));
  const groupOf = new Map(names.map((name) => [name, groups.find((group) => isIn(name, group))]));
  for (const [index, group] of groups.entries()) {
    if (![...groupOf.values()].includes(group)) refuseIdleGroup(index, group, names.filter((name) => isIn(name, group)).length, names);
  }

  const layerFactor = layerDecayFactor(names, recipe.layerDecay);
  const clippedWith = { global: () => "", "per-tensor": (name: string) => name, "per-module": (name: string) => name.replace(/\..*/, "") }[clipMode];
  return new Map(
    names.map((name): [string, ParameterPolicy] => {
      const { learningRateFactor = 1, weightDecayFactor = 1, constantLearningRate = false, unclipped = false } = groupOf.get(name) ?? {};
      const asMatrix = decayBiasAndNorm || !vectors.has(name);
      return [
        name,
        {
          learningRateFactor: learningRateFactor * layerFactor(name),
          weightDecayFactor: asMatrix ? weightDecayFactor : 0,
          constantLearningRate,
          adapted: asMatrix,
          clippedWith: unclipped ? undefined : clippedWith(name),
        },
      ];
    }),
  );
}
