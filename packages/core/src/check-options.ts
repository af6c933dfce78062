import { ConfigError } from "./errors.js";
import { rateAt, type Progress, type Schedule } from "./schedule.js";

type Name<Config> = Extract<keyof Config, string>;

/** Checks of options by name. Each refuses the first value that does not hold with a ConfigError; of a schedule its values along a run. */
export interface OptionChecks<Config> {
  /** Whole numbers of at least `minimum`. */
  readonly whole: (minimum: number, ...names: Name<Config>[]) => void;
  /** Finite numbers of at least `minimum`. */
  readonly atLeast: (minimum: number, ...names: Name<Config>[]) => void;
  /** Finite numbers above 0. */
  readonly positive: (...names: Name<Config>[]) => void;
  /** Numbers in [0, 1]. */
  readonly share: (...names: Name<Config>[]) => void;
  /** Numbers above 0 and at most 1. */
  readonly positiveShare: (...names: Name<Config>[]) => void;
  /** Numbers between 0 and 1, both left out. */
  readonly innerShare: (...names: Name<Config>[]) => void;
  /** Two numbers with 0 < first ≤ second ≤ 1: the share of an area. */
  readonly range: (...names: Name<Config>[]) => void;
  /** Refuses an option for any other reason. */
  readonly refuse: (name: Name<Config>, expected: string, fix?: string) => never;
}

// JSON has no NaN, no Infinity and no functions.
const shown = (value: unknown): string => (typeof value === "number" || typeof value === "function" ? String(value) : JSON.stringify(value));

/** Where a schedule is looked at: every 10 epochs of a run of 1000, which is as long as papers' runs are. */
const glances: readonly Progress[] = Array.from({ length: 101 }, (_, index) => ({ step: 10 * index, totalSteps: 1000, epoch: 10 * index, totalEpochs: 1000 }));

/**
 * Checks of a method's options, for the `check` of `defineMethod`:
 * `checkOptions("dino", config).whole(2, "prototypes")`.
 *
 * @param method the package that refuses, for the message
 */
export function checkOptions<Config extends object>(method: string, config: Readonly<Config>): OptionChecks<Config> {
  const refuse = (name: Name<Config>, expected: string, fix?: string): never => {
    throw new ConfigError({ package: method, what: name, expected, received: shown(config[name]), ...(fix === undefined ? {} : { fix }) });
  };
  const each = (names: readonly Name<Config>[], expected: string, holds: (value: number) => boolean): void => {
    for (const name of names) {
      const value: unknown = config[name];
      const values = typeof value === "function" ? glances.map((progress) => rateAt(value as Schedule, progress)) : [value];
      if (!values.every((one) => typeof one === "number" && Number.isFinite(one) && holds(one))) refuse(name, expected);
    }
  };
  return {
    whole: (minimum, ...names) => { each(names, `a whole number of at least ${minimum}`, (value) => Number.isInteger(value) && value >= minimum); },
    atLeast: (minimum, ...names) => { each(names, `a number of at least ${minimum}`, (value) => value >= minimum); },
    positive: (...names) => { each(names, "a number above 0", (value) => value > 0); },
    share: (...names) => { each(names, "a number in [0, 1]", (value) => value >= 0 && value <= 1); },
    positiveShare: (...names) => { each(names, "a number in (0, 1]", (value) => value > 0 && value <= 1); },
    innerShare: (...names) => { each(names, "a number in (0, 1)", (value) => value > 0 && value < 1); },
    range: (...names) => {
      for (const name of names) {
        const value: unknown = config[name];
        const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
        const holds = Array.isArray(value) && value.length === 2 && typeof low === "number" && typeof high === "number" && low > 0 && low <= high && high <= 1;
        if (!holds) refuse(name, "two numbers with 0 < first ≤ second ≤ 1");
      }
    },
    refuse,
  };
}
