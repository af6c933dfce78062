import { planOf } from "./batch-plan.js";
import type { EncoderFactory } from "./encoder.js";
import { ConfigError } from "./errors.js";
import type { Method, MethodFactory, StepContext } from "./method.js";
import { createRandom, type Random } from "./random.js";
import type { Preset } from "./recipe.js";
import { nearest } from "./nearest.js";
import type { ViewBatch } from "./view-policy.js";

const factoryMarker = Symbol.for("ssl-vit.MethodFactory");

/** What the author of a method writes. */
export interface MethodDefinition<Config extends object, M extends Method, PresetName extends string = string> {
  readonly name: string;
  readonly paper: string;
  /** Every option with its default; its keys are the options that exist. */
  readonly defaults: Config;
  readonly presets: Readonly<Record<PresetName, Preset<Config>>>;
  /** Refuses options that cannot work, before anything is built. Throws ConfigError. */
  check?(config: Readonly<Config>): void;
  /**
   * Builds the method.
   *
   * @param config every option: what the user gave, the defaults for the rest
   * @param random of the user's seed and the method's name: for what is initialised
   */
  create(encoders: EncoderFactory, config: Readonly<Config>, random: Random): M;
}

/**
 * Makes a method's factory: resolves options against the defaults, refuses unknown ones by their nearest name, freezes the result.
 *
 * @throws ConfigError for an unknown option or one that `check` refuses
 */
export function defineMethod<Config extends object, M extends Method, PresetName extends string = string>(definition: MethodDefinition<Config, M, PresetName>): MethodFactory<Config, M, PresetName> {
  const { name, paper, defaults, presets } = definition;
  const factory = (encoders: EncoderFactory, options: Partial<Config> & { readonly seed?: number } = {}): M => {
    const { seed = 0, ...given } = options;
    for (const option of Object.keys(given)) {
      if (option in defaults) continue;
      const known = Object.keys(defaults);
      const hint = nearest(option, known);
      throw new ConfigError(`[${name}] Unknown option "${option}". ${hint === undefined ? `Options: ${known.join(", ")}.` : `Did you mean "${hint}"?`}`);
    }
    const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const config = Object.freeze({ ...defaults, ...defined });
    definition.check?.(config);
    return prepared(definition.create(encoders, config, createRandom(seed).derive(name)));
  };
  return Object.assign(factory, { [factoryMarker]: true, methodName: name, paper, defaults: Object.freeze({ ...defaults }), presets });
}

/** The method, whose loss refuses what `assertBatch` does, and finds the batch's `indices` in its context; whose signals leave no trace. */
function prepared<M extends Method>(method: M): M {
  return {
    ...method,
    loss: (batch, context) => {
      method.assertBatch?.(planOf(batch, context.collective));
      return method.loss(batch, { ...context, indices: batch.indices });
    },
    ...(method.signals === undefined ? {} : { signals: (batch: ViewBatch, context: StepContext) => method.signals!(batch, { ...context, indices: batch.indices, movesStatistics: false }) }),
  };
}

/** True for the factory of a method package, whoever wrote it. */
export function isMethodFactory(value: unknown): value is MethodFactory {
  return typeof value === "function" && factoryMarker in value;
}
