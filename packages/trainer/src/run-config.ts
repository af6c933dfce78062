import { ConfigError, type Method, type OptimizerRecipe, type ViewPolicy } from "@ssl-vit/core";
import type { TrainOptions } from "./train-options.js";

/** What identifies a run: a resume must agree on all of it. Plain JSON. */
export interface RunConfig {
  readonly method: { readonly name: string; readonly options: Method["config"] };
  readonly encoder: Readonly<Record<string, unknown>>;
  readonly views: ViewPolicy;
  readonly optimizer: OptimizerRecipe;
  readonly data: { readonly location: string; readonly kind: string; readonly images: number };
  readonly batchSize: number;
  /** Batches an optimizer step. */
  readonly accumulate: number;
  /** Views that the encoders take at a time; absent = all. It changes the rounding, and so the bytes. */
  readonly microBatch?: number;
  readonly seed: number;
}

/** The identity of a run as it will be read back: schedules and tuples reduced to JSON. */
export function runConfigOf(options: TrainOptions): RunConfig {
  const { method, data, optimizer, batchSize, accumulate = 1, seed = 0, views = method.views } = options;
  const config: RunConfig = {
    method: { name: method.name, options: method.config },
    encoder: method.encoder.config,
    views,
    optimizer,
    data: { location: data.location, kind: data.kind, images: data.length },
    batchSize,
    accumulate,
    ...(method.encoder.microBatch === undefined ? {} : { microBatch: method.encoder.microBatch }),
    seed,
  };
  return JSON.parse(JSON.stringify(config)) as RunConfig;
}

/** The path and both values of the first difference between two plain values. */
function firstDifference(saved: unknown, given: unknown, path: string): { path: string; saved: unknown; given: unknown } | undefined {
  if (typeof saved !== "object" || typeof given !== "object" || saved === null || given === null) {
    return Object.is(saved, given) ? undefined : { path, saved, given };
  }
  for (const key of new Set([...Object.keys(saved), ...Object.keys(given)])) {
    const found = firstDifference(
      (saved as Record<string, unknown>)[key],
      (given as Record<string, unknown>)[key],
      path === "" ? key : `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

const show = (value: unknown): string => (value === undefined ? "nothing" : JSON.stringify(value));

/** Refuses to resume a run whose method, model, data or recipe changed, and names the change. */
export function assertSameRun(saved: RunConfig, given: RunConfig): void {
  // The same images may have moved; their number and kind tell whether they are the same.
  const withoutLocation = (config: RunConfig): RunConfig => ({ ...config, data: { ...config.data, location: "" } });
  const difference = firstDifference(withoutLocation(saved), withoutLocation(given), "");
  if (difference === undefined) return;
  throw new ConfigError({
    package: "trainer",
    what: `resume: ${difference.path}`,
    expected: `${show(difference.saved)} as in the run`,
    received: show(difference.given),
    fix: "Only the number of epochs or steps, the workers and how often to save or log may change; start a new run in another folder for anything else.",
  });
}
