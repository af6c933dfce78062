import { InvalidArgumentError } from "commander";
import { z } from "zod";

const parser =
  (schema: z.ZodType<number>, expected: string) =>
  (text: string): number => {
    const result = schema.safeParse(text.trim() === "" ? Number.NaN : Number(text));
    if (!result.success) throw new InvalidArgumentError(`Expected ${expected}, received "${text}".`);
    return result.data;
  };

/** Parses a whole number of at least `minimum`. */
export const wholeNumber = (minimum: number): ((text: string) => number) => parser(z.number().int().min(minimum), `a whole number of at least ${minimum}`);

/** Parses a number above 0. */
export const positiveNumber: (text: string) => number = parser(z.number().positive(), "a number above 0");

/** Parses a number from 0 to 1. */
export const share: (text: string) => number = parser(z.number().min(0).max(1), "a number from 0 to 1");

/** Parses a number above 0 and at most 1: a share that is left of something. */
export const positiveShare: (text: string) => number = parser(z.number().positive().max(1), "a number above 0 and at most 1");

/** Parses a number of at least 0. */
export const amount: (text: string) => number = parser(z.number().min(0), "a number of at least 0");

/** Parses numbers with commas between them, each once. */
const eachOnce =
  (parse: (text: string) => number) =>
  (text: string): readonly number[] => {
    const numbers = text.split(",").map(parse);
    if (new Set(numbers).size < numbers.length) throw new InvalidArgumentError(`Expected each number once, received "${text}".`);
    return numbers;
  };

/** Parses whole numbers of at least `minimum` with commas between them, each once: `0,1,2`. */
export const wholeNumbers = (minimum: number): ((text: string) => readonly number[]) => eachOnce(wholeNumber(minimum));

/** Parses numbers above 0 with commas between them, each once: `0.07,0.1`. */
export const positiveNumbers: (text: string) => readonly number[] = eachOnce(positiveNumber);

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Parses a time: `90s`, `45m`, `2h`, `1h30m`, `1d`, to seconds. */
export function timeSpan(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)([smhd])/gy)] as unknown as [string, string, keyof typeof secondsOf][];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * secondsOf[unit], 0);
  if (parts.map(([part]) => part).join("") !== text.trim() || !(seconds > 0)) throw new InvalidArgumentError(`Expected a time such as 90s, 45m, 2h or 1h30m, received "${text}".`);
  return seconds;
}
