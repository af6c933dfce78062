import { assertShape, ConfigError, type OptimizerRecipe, type ParameterMap, type Progress } from "@ssl-vit/core";
import { type Scalar, scalar, type Tensor, tidy, type Variable, variable, zeros } from "@tensorflow/tfjs-core";
import { adamw } from "./adamw.js";
import { clipFactors } from "./clip-factors.js";
import { lamb } from "./lamb.js";
import { lars } from "./lars.js";
import { type ParameterPolicy, parameterPolicies } from "./parameter-policies.js";
import { type ResolvedRecipe, resolveRecipe } from "./resolve-recipe.js";
import { sgd } from "./sgd.js";
import type { ParameterUpdate, UpdateRule } from "./update-rule.js";

/** The rates of one step, before layer decay and groups, and the length of its gradient. */
export interface OptimizerStep {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** L2 norm of all gradients together, before clipping. The caller owns it; reading it waits for the device. */
  readonly gradientNorm: Scalar;
}

/** Updates parameters by their gradients. */
export interface Optimizer {
  /**
   * One step. A parameter without a gradient is left alone altogether: no update, no decay, no moment, no count (PyTorch's
   * habit for `grad = None`). The gradients stay the caller's.
   *
   * @param gradients by parameter name
   * @throws ConfigError for a gradient of an unknown parameter; ShapeError for one of another shape
   */
  apply(gradients: Readonly<Record<string, Tensor>>, progress: Progress): OptimizerStep;
  /** The moments, under `<parameter>.<moment>`. They stay the optimizer's. */
  state(): ReadonlyMap<string, Variable>;
  /** Updates of each parameter so far. With `state()`, all that a run must save to continue bit for bit. */
  counters(): Readonly<Record<string, number>>;
  /**
   * Puts back what `state()` and `counters()` gave. The tensors stay the caller's.
   *
   * @throws ConfigError when a name is missing or unknown; ShapeError for a tensor of another shape
   */
  restore(tensors: ReadonlyMap<string, Tensor>, counters: Readonly<Record<string, number>>): void;
  /** Frees the moments, not the parameters. */
  dispose(): void;
}

interface Slot {
  readonly name: string;
  readonly parameter: Variable;
  readonly moments: readonly Variable[];
  readonly policy: ParameterPolicy;
  count: number;
}

function ruleOf({ name, betas, momentum, trustCoefficient, trustNorm }: ResolvedRecipe): UpdateRule {
  switch (name) {
    case "adamw": return adamw(betas);
    case "sgd": return sgd(momentum);
    case "lars": return lars({ momentum, trustCoefficient, trustNorm });
    case "lamb": return lamb(betas);
  }
}

function zeroMoment(shape: number[]): Variable {
  const initial = zeros(shape);
  const moment = variable(initial, false);
  initial.dispose();
  return moment;
}

/** The names must be the same on both sides. */
function assertNames(what: string, received: Iterable<string>, expected: Iterable<string>): void {
  const [given, known] = [new Set(received), new Set(expected)];
  const fix = "The checkpoint was written for another model or optimizer.";
  for (const name of known) if (!given.has(name)) throw new ConfigError({ package: "optim", what, expected: `"${name}"`, received: "none", fix });
  for (const name of given) if (!known.has(name)) throw new ConfigError({ package: "optim", what, expected: "only what this optimizer has", received: `"${name}"`, fix });
}

/**
 * Makes the optimizer of a recipe.
 *
 * @param parameters what it may update; names say which are biases, which layers of the encoder, and which a group's
 * @param batchSize images of one step, over all processes: the recipe's learning rate is scaled by it
 * @throws ConfigError for a recipe with an unknown option or one that cannot work, and for a group that matches no parameter
 */
export function createOptimizer(recipe: OptimizerRecipe, parameters: ParameterMap, { batchSize }: { readonly batchSize: number }): Optimizer {
  const resolved = resolveRecipe(recipe, batchSize);
  const policies = parameterPolicies(parameters, resolved);
  const rule = ruleOf(resolved);
  const slots: readonly Slot[] = Object.entries(parameters).map(([name, parameter]) => ({
    name,
    parameter,
    moments: rule.moments.map(() => zeroMoment(parameter.shape)),
    policy: policies.get(name)!,
    count: 0,
  }));
  const state = new Map(slots.flatMap(({ name, moments }) => moments.map((moment, index) => [`${name}.${rule.moments[index]!}`, moment] as const)));

  return {
    apply(gradients, progress) {
      const rates = { learningRate: resolved.learningRate(progress), weightDecay: resolved.weightDecay(progress) };
      // In the parameters' order, so that sums do not depend on the order in which gradients come.
      const active = slots.filter(({ name }) => gradients[name] !== undefined);
      const unknown = Object.keys(gradients).find((name) => parameters[name] === undefined);
      if (unknown !== undefined) throw new ConfigError({ package: "optim", what: "gradients", expected: "names of parameters", received: `"${unknown}"` });
      for (const { name, parameter } of active) assertShape("optim", `gradient of ${name}`, gradients[name]!, parameter.shape);
      if (active.length === 0) return { ...rates, gradientNorm: scalar(0) };

      const gradientNorm = tidy(() => {
        const sets = active.map(({ policy }) => policy.clippedWith);
        const { factors, norm } = clipFactors(active.map(({ name }) => gradients[name]!), sets, resolved.clipNorm);
        const updates = active.map((slot, index): ParameterUpdate => {
          const { name, parameter, moments, policy } = slot;
          return {
            parameter,
            gradient: gradients[name]!,
            clipFactor: factors[index],
            moments,
            learningRate: (policy.constantLearningRate ? resolved.peakLearningRate : rates.learningRate) * policy.learningRateFactor,
            weightDecay: rates.weightDecay * policy.weightDecayFactor,
            adapted: policy.adapted,
            count: ++slot.count,
          };
        });
        rule.update(updates);
        return norm;
      });
      return { ...rates, gradientNorm };
    },

    state: () => state,
    counters: () => Object.fromEntries(slots.map(({ name, count }) => [name, count])),

    restore(tensors, counters) {
      assertNames("state", tensors.keys(), state.keys());
      assertNames("counters", Object.keys(counters), Object.keys(parameters));
      for (const [name, moment] of state) assertShape("optim", `state ${name}`, tensors.get(name)!, moment.shape);
      for (const [name, moment] of state) {
        const copy = tensors.get(name)!.clone();
        moment.assign(copy);
        copy.dispose();
      }
      for (const slot of slots) slot.count = counters[slot.name]!;
    },

    dispose() {
      for (const moment of state.values()) moment.dispose();
    },
  };
}
