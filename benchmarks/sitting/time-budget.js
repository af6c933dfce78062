import { InvalidArgumentError } from "commander";

const secondsOf = { s: 1, m: 60, h: 3600 };

/** Parses a time of a command line, `90s`, `10m`, `2h`, to seconds. @param {string} text */
export function timeSpan(text) {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  if (unit === undefined || Number(count) === 0) throw new InvalidArgumentError(`Expected a time such as 90s, 10m or 2h, received "${text}".`);
  return Number(count) * secondsOf[/** @type {keyof typeof secondsOf} */ (unit)];
}

/**
 * The time that a sitting may take: no measurement is begun when it is spent, and the last one is not cut short.
 *
 * @typedef {{ isSpent(): boolean }} TimeBudget
 * @param {number} [seconds] from now on; without end unless given
 * @returns {TimeBudget}
 */
export function timeBudget(seconds = Infinity) {
  const ends = performance.now() + 1000 * seconds;
  return { isSpent: () => performance.now() >= ends };
}

/** What to say of measurements that the time did not suffice for. @param {number} left */
export const spentWords = (left) => `the time of --budget is spent: ${left} measurement${left === 1 ? " is" : "s are"} left, and --resume goes on`;
