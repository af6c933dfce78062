import { ConfigError, nearest } from "@ssl-vit/core";
import { assertKnownOptions } from "./assert-known-options.js";
import { constant } from "./constant.js";
import { cosine, type CosineOptions } from "./cosine.js";
import { linear, type LinearOptions } from "./linear.js";
import type { SavedSchedule } from "./saved-schedule.js";
import { step, type StepOptions } from "./step.js";
import { warmupCosine, type WarmupCosineOptions } from "./warmup-cosine.js";

/** Each function checks its options itself, so what JSON claims to be may be handed on. */
const builders: Readonly<Record<string, (options: unknown) => SavedSchedule>> = {
  constant: (options) => constant((options as { value: number }).value),
  linear: (options) => linear(options as LinearOptions),
  cosine: (options) => cosine(options as CosineOptions),
  warmupCosine: (options) => warmupCosine(options as WarmupCosineOptions),
  step: (options) => step(options as StepOptions),
};

/**
 * Reads a schedule back from JSON: `parseSchedule({ kind: "cosine", from: 0.996, to: 1 })`, or a number.
 *
 * @param json what a schedule's `toJSON` gave, or a number for a constant
 * @throws ConfigError for an unknown kind or option, or one that the schedule refuses
 */
export function parseSchedule(json: unknown): SavedSchedule {
  if (typeof json === "number") return constant(json);
  const { kind, ...options } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  const build = typeof kind === "string" && Object.hasOwn(builders, kind) ? builders[kind] : undefined;
  if (build === undefined) {
    const hint = typeof kind === "string" ? nearest(kind, Object.keys(builders)) : undefined;
    throw new ConfigError({
      package: "optim",
      what: "schedule",
      expected: `a number or an object whose kind is one of ${Object.keys(builders).join(", ")}`,
      received: JSON.stringify(json ?? null),
      ...(hint === undefined ? {} : { fix: `Did you mean "${hint}"?` }),
    });
  }
  const schedule = build(options);
  assertKnownOptions(`the schedule "${String(kind)}"`, Object.keys(options), Object.keys(schedule.toJSON()));
  return schedule;
}
