import { ConfigError, nearest } from "@ssl-vit/core";
import { assertKnownOptions } from "./assert-known-options.js";
import { constant } from "./constant.js";
import { cosine, type CosineOptions } from "./cosine.js";
import { linear, type LinearOptions } from "./linear.js";
import type { SavedSchedule } from "./saved-schedule.js";
import { step, type StepOptions } from "./step.js";
import { warmupCosine, type WarmupCosineOptions } from "./warmup-cosine.js";
import { warmupStep, type WarmupStepOptions } from "./warmup-step.js";

interface Kind {
  readonly options: readonly string[];
  readonly build: (options: unknown) => SavedSchedule;
}

/** Each function checks its options itself, so what JSON claims to be may be handed on. */
const kind = <Options>(options: readonly (keyof Options & string)[], build: (options: Options) => SavedSchedule): Kind => ({ options, build: (given) => build(given as Options) });

const kinds: Readonly<Record<string, Kind>> = {
  constant: kind<{ readonly value: number }>(["value"], ({ value }) => constant(value)),
  linear: kind<LinearOptions>(["from", "to", "epochs", "stretch"], linear),
  cosine: kind<CosineOptions>(["from", "to", "stretch"], cosine),
  warmupCosine: kind<WarmupCosineOptions>(["peak", "end", "warmupEpochs", "start", "stretch"], warmupCosine),
  warmupStep: kind<WarmupStepOptions>(["peak", "epochs", "factor", "warmupEpochs", "start"], warmupStep),
  step: kind<StepOptions>(["values", "epochs"], step),
};

/**
 * Reads a schedule back from JSON: `parseSchedule({ kind: "cosine", from: 0.996, to: 1 })`, or a number.
 *
 * @param json what a schedule's `toJSON` gave, or a number for a constant
 * @throws ConfigError for an unknown kind or option, or one that the schedule refuses
 */
export function parseSchedule(json: unknown): SavedSchedule {
  if (typeof json === "number") return constant(json);
  const { kind: name, ...options } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const known = typeof name === "string" && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (known === undefined) {
    const hint = typeof name === "string" ? nearest(name, Object.keys(kinds)) : undefined;
    throw new ConfigError({
      package: "optim",
      what: "schedule",
      expected: `a number or an object whose kind is one of ${Object.keys(kinds).join(", ")}`,
      received: JSON.stringify(json ?? null),
      ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }),
    });
  }
  assertKnownOptions(`the schedule "${String(name)}"`, Object.keys(options), known.options);
  return known.build(options);
}
